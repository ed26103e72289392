//! What a shop tells.

use std::path::PathBuf;

use events::Event;
use time::OffsetDateTime;

use super::{Session, content, say, summary};
use crate::arguments::{Load, Tale};
use crate::{Header, Journal, Mixture, Shop, progress, transmit};

/// Sends it, and says where the journal is.
pub(super) async fn run(session: &Session, tale: Tale, load: Load) -> anyhow::Result<PathBuf> {
    let opened_at = (session.clock)();
    let (seed, name) = who(session, opened_at);
    let path = session.new_journal(&name, opened_at)?;
    let way = session.way()?;
    let mut journal = Journal::create(&path, &Header { name: name.clone(), seed, opened_at })?;
    let shop = Shop::open(seed, &name, opened_at);
    let events = told(shop, tale, load.count.unwrap_or(tale.usual_count()));
    let bar = progress::bar(events.len() as u64, "Sending");
    let mixture = Mixture::new(events.into_iter(), load.shares, seed);
    let sent = transmit(mixture, &mut journal, &way, session.pace(load.rate), |done| {
        // Duplicates and rubbish come on top of what was planned.
        bar.set_length(bar.length().unwrap_or(done).max(done));
        bar.set_position(done);
    })
    .await;
    bar.finish_and_clear();
    let (sent, shown) = (sent?, session.shown(&path));
    say(&summary(sent, &content(&journal)?));
    say(&format!("  shop {name}, seed {seed}, journal {shown}"));
    say(&format!("  compare it with the database: make producer DO=\"verify {shown}\""));
    Ok(path)
}

/// The events, coherent and in their order.
fn told(mut shop: Shop, tale: Tale, count: usize) -> Vec<Event> {
    match tale {
        Tale::Deed(deed) => (0..count).flat_map(|_| shop.tell(deed)).collect(),
        Tale::Story => (0..count).flat_map(|_| shop.story()).collect(),
        Tale::Day => shop.flatten().take(count).collect(),
    }
}

/// The seed and the name, where they are not given those of this moment.
fn who(session: &Session, opened_at: OffsetDateTime) -> (u64, String) {
    let millis = u64::try_from(opened_at.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
    let name = session.common.name.clone().unwrap_or_else(|| format!("shop{millis:x}"));
    (session.common.seed.unwrap_or(millis), name)
}
