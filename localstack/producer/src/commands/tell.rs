//! What a shop tells.

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use events::Event;
use time::OffsetDateTime;

use super::ending::{Ending, interrupted_twice};
use super::{Session, say, summary};
use crate::arguments::{Load, Tale};
use crate::progress::Sending;
use crate::{Header, Journal, Mixture, Sent, Shop, transmit};

/// Opens a shop, the first of this program or another, sends what it tells, and says where the journal is.
pub(super) async fn run(session: &Session, tale: Tale, load: Load, number: u32) -> anyhow::Result<Ending> {
    let opened_at = (session.clock)();
    let (seed, name) = who(session, opened_at, number);
    let path = session.new_journal(&name, opened_at, number)?;
    let stop = AtomicBool::new(false);
    let header = Header { name, seed, opened_at };
    let sent = send(session, tale, load, &header, &path, &stop).await?;
    let (shown, is_stopped) = (session.shown(&path), stop.into_inner());
    match sent {
        Some(sent) => say(&summary(sent, &Journal::read(&path)?, session.common.via)),
        None => say(&format!(
            "Ended at once: what was held back is not sent, and what is not acknowledged `producer replay --unacknowledged {shown}` sends again."
        )),
    }
    if is_stopped && sent.is_some() {
        say("Stopped: no more was told, and all that was told is sent.");
    }
    say(&format!("  shop {}, seed {seed}, journal {shown}", header.name));
    say(&format!("  compare it with the database: make producer DO=\"verify {shown}\""));
    Ok(if is_stopped { Ending::Interrupted } else { Ending::Done(ExitCode::SUCCESS) })
}

/// Sends it all. After a first Ctrl-C the shop tells no more, and what was held back still goes out: what was sent before may wait for
/// it. After a second one nothing goes out, and there is nothing to say of what was sent.
async fn send(
    session: &Session,
    tale: Tale,
    load: Load,
    header: &Header,
    path: &Path,
    stop: &AtomicBool,
) -> anyhow::Result<Option<Sent>> {
    let way = session.way()?;
    let mut journal = Journal::create(path, header)?;
    let opened = Shop::open(header.seed, &header.name, header.opened_at);
    let events = told(opened, tale, load.count.unwrap_or(tale.usual_count()));
    let mut sending = Sending::start(events.len() as u64, "Sending");
    let bar = sending.bar();
    let source = events.into_iter().take_while(|_| !stop.load(Ordering::Relaxed));
    let mixture = Mixture::new(source, load.shares, header.seed);
    let sent = tokio::select! {
        sent = transmit(mixture, &mut journal, &way, session.pace(load.rate), |news| sending.hear(news)) => sent.map(Some),
        interrupted = interrupted_twice(&bar, || stop.store(true, Ordering::Relaxed)) => interrupted.map(|()| None),
    };
    sending.end();
    sent
}

/// The events, coherent and in their order.
fn told(mut shop: Shop, tale: Tale, count: usize) -> Vec<Event> {
    match tale {
        Tale::Deed(deed) => (0..count).flat_map(|_| shop.tell(deed)).collect(),
        Tale::Story => (0..count).flat_map(|_| shop.story()).collect(),
        Tale::Day => shop.flatten().take(count).collect(),
    }
}

/// The seed and the name, where they are not given those of this moment. No two shops of one program have one name.
fn who(session: &Session, opened_at: OffsetDateTime, number: u32) -> (u64, String) {
    let millis = u64::try_from(opened_at.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
    let name = match &session.common.name {
        None => format!("shop{millis:x}"),
        Some(name) if number > 1 => format!("{name}-{number}"),
        Some(name) => name.clone(),
    };
    (session.common.seed.unwrap_or(millis), name)
}
