//! The user fan-out with its audit chain, beside the click sink.

mod people;

use event_fanout::EventFanout;
use settings::Environment;
use template::Template;
use time::OffsetDateTime;

use crate::beside::{BATCHES, Beside};
use crate::database::Database;
use crate::payload::{self, Payload};
use crate::results::{Bar, Results};
use people::People;

/// Users that are there at the start.
const USERS: u32 = 20_000;

/// Measures. The table of clicks is emptied first.
pub(crate) async fn run(database: &mut Database, template: &Template, results: &mut Results) -> anyhow::Result<()> {
    let environment = Environment::from_iter([("DATABASE_URL", database.url("onceward_app"))]);
    let fanout = (EventFanout::start(&environment)?, People::new());
    let mut beside = Beside::start(fanout, "user.events", template, database).await?;
    results.heading("User fan-out with its audit chain");
    let (users, clicks) = beside.batch_sizes();
    results.say(&format!(
        "{USERS} users; one event in ten registers, three update and six log in. {BATCHES} batches of {users} a round, in turn with as many \
         of {clicks} clicks. From the payload's bytes to the commit, in one process each"
    ));
    beside.prepare(|people, hour| people.register(hour, USERS)).await?;
    let rounds = beside.rounds("user events", database, results).await?;
    results.figure("users.events_per_second", rounds.per_second);
    results.figure("users.ratio", rounds.ratio);
    results.judge("User fan-out, of the click sink beside it", rounds.ratio, "", Bar::AtLeast(0.3));
    beside.watched(results).await?;
    beside.each_record("event-fanout", rounds, results).await
}

/// Batches in which so many users register, others for each hour.
pub(crate) fn registrations(hour: OffsetDateTime, count: u32, batch_size: u64) -> Vec<Payload> {
    let mut people = People::seeded(hour.unix_timestamp().unsigned_abs());
    payload::all(&people.register(hour, count), batch_size)
}
