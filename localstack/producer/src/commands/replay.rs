//! `producer replay`.

use std::process::ExitCode;

use super::{Session, content, say, summary};
use crate::arguments::Replay;
use crate::{Journal, again, progress};

pub(super) async fn run(session: &Session, wanted: &Replay) -> anyhow::Result<ExitCode> {
    let way = session.way()?;
    let (mut journal, before) = Journal::resume(&wanted.file)?;
    let numbers: Vec<u64> =
        if wanted.unacknowledged { before.open() } else { (0..before.records.len() as u64).collect() };
    if numbers.is_empty() {
        say("Everything is acknowledged, and nothing was sent.");
        return Ok(ExitCode::SUCCESS);
    }
    let bar = progress::bar(numbers.len() as u64, "Sending again");
    let pace = session.pace(wanted.rate);
    let sent = again(&before, &numbers, &mut journal, &way, pace, |done| bar.set_position(done)).await;
    bar.finish_and_clear();
    say(&summary(sent?, &content(&journal)?));
    Ok(ExitCode::SUCCESS)
}
