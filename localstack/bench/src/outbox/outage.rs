//! How soon after an outage everything that was left behind is in Kafka.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use stack::kafka::{Broker, BrokerPorts};
use tokio::time::{Instant, sleep};

use super::{PARTITIONS, Place, TOPIC, pending};
use crate::results::Results;
use crate::topics::make_anew;

const ROWS: u32 = 10_000;
const LENGTH: Duration = Duration::from_secs(8);
const ROUNDS: u32 = 3;

pub(super) async fn run(place: &mut Place<'_>, results: &mut Results) -> anyhow::Result<()> {
    let artifacts = stack::artifacts::install(&stack::Settings::of_checkout(&std::env::current_dir()?)?.artifacts())?;
    let directory = stack::scratch()?;
    let mut broker = Broker::start(&artifacts, directory.path(), BrokerPorts::free()).await?;
    place.bootstrap = broker.bootstrap();
    make_anew(&place.bootstrap, TOPIC, PARTITIONS).await?;
    place.clear().await?;
    let relay = outbox_relay::Relay::start(&place.environment())?;
    let relaying = tokio::spawn(async move { relay.handle(None, time::OffsetDateTime::UNIX_EPOCH).await });
    let measured = outages(place, &mut broker).await;
    relaying.abort();
    let [hung, died] = measured?;
    results.figure("outbox.after_hang_s", hung.as_secs_f64());
    results.figure("outbox.after_death_s", died.as_secs_f64());
    results.say(&format!(
        "After an outage of {} s, {ROWS} events left behind are in Kafka {:.1} s after a broker that hung goes on, and {:.1} s \
         after one that died answers again (the longest of {ROUNDS})",
        LENGTH.as_secs(),
        hung.as_secs_f64(),
        died.as_secs_f64()
    ));
    Ok(())
}

async fn outages(place: &mut Place<'_>, broker: &mut Broker) -> anyhow::Result<[Duration; 2]> {
    let mut longest = [Duration::ZERO; 2];
    for _ in 0..ROUNDS {
        let pid = Pid::from_raw(broker.pid());
        kill(pid, Signal::SIGSTOP)?;
        place.fill(ROWS).await?;
        sleep(LENGTH).await;
        kill(pid, Signal::SIGCONT)?;
        longest[0] = longest[0].max(until_empty(place).await?);

        broker.kill();
        place.fill(ROWS).await?;
        sleep(LENGTH).await;
        broker.restart().await?;
        longest[1] = longest[1].max(until_empty(place).await?);
    }
    Ok(longest)
}

async fn until_empty(place: &mut Place<'_>) -> anyhow::Result<Duration> {
    let back = Instant::now();
    while pending(&mut place.database.connection).await? > 0 {
        sleep(Duration::from_millis(10)).await;
    }
    Ok(back.elapsed())
}
