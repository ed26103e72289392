//! `producer verify`.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use tokio::time::{Instant, sleep};

use super::{Session, say};
use crate::arguments::Verify;
use crate::verify::{Verdict, lines, verify};
use crate::{Content, Journal, progress};

/// Between two looks at the database, at least.
const LOOK: Duration = Duration::from_millis(250);

pub(super) async fn run(session: &Session, wanted: &Verify) -> anyhow::Result<ExitCode> {
    let path = match wanted.file.clone().or_else(|| session.common.journal.clone()) {
        Some(path) => path,
        None => session.latest_journal()?,
    };
    let content = Journal::read(&path)?;
    let verdict = patiently(session, &content, Duration::from_secs(wanted.wait)).await?;
    if wanted.json {
        say(&serde_json::to_string_pretty(&verdict)?);
    } else {
        say(&format!("The journal {} beside the database:", session.shown(&path)));
        for line in lines(&verdict) {
            say(&line);
        }
    }
    Ok(if verdict.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Looks until it is clean, or something is wrong that no waiting mends, or what is missing had enough time to come.
async fn patiently(session: &Session, content: &Content, wait: Duration) -> anyhow::Result<Verdict> {
    let pool = store::pool(&session.environment)?;
    let mut connection =
        pool.acquire().await.context("the database does not answer: check DATABASE_URL, or run `make up`")?;
    let (end, spinner) = (Instant::now() + wait, progress::spinner());
    loop {
        let began = Instant::now();
        let verdict = verify(&mut connection, content).await?;
        if verdict.is_clean() || !verdict.is_only_late() || Instant::now() > end {
            spinner.finish_and_clear();
            return Ok(verdict);
        }
        spinner.set_message(format!("{} are still missing", verdict.missing.len()));
        spinner.tick();
        // A look at a large shop takes its time, and the database has other things to do.
        sleep(began.elapsed().max(LOOK)).await;
    }
}
