//! `producer replay`.

use std::process::ExitCode;

use super::{Session, say, summary};
use crate::arguments::Replay;
use crate::progress::Sending;
use crate::{Journal, again};

pub(super) async fn run(session: &Session, wanted: &Replay) -> anyhow::Result<ExitCode> {
    let way = session.way()?;
    let (mut journal, before) = Journal::resume(&wanted.file)?;
    let numbers: Vec<u64> =
        if wanted.unacknowledged { before.open() } else { (0..before.records.len() as u64).collect() };
    if numbers.is_empty() {
        say("Everything is acknowledged, and nothing was sent.");
        return Ok(ExitCode::SUCCESS);
    }
    let mut sending = Sending::start(numbers.len() as u64, "Sending again");
    let pace = session.pace(wanted.rate);
    let sent = again(&before, &numbers, &mut journal, &way, pace, |news| sending.hear(news)).await;
    sending.end();
    say(&summary(sent?, &Journal::read(journal.path())?, session.common.via));
    Ok(ExitCode::SUCCESS)
}
