//! `producer verify`.

mod groups;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use store::{Fault, PgPool};
use tokio::time::{Instant, sleep};

use super::{Session, say};
use crate::arguments::Verify;
use crate::verify::{Expected, Groups, Patience, Verdict, lines, verify};
use crate::{Content, Journal, progress};

/// Between two looks at the database, at least.
const LOOK: Duration = Duration::from_millis(250);

pub(super) async fn run(session: &Session, wanted: &Verify) -> anyhow::Result<ExitCode> {
    let path = match wanted.file.clone().or_else(|| session.common.journal.clone()) {
        Some(path) => path,
        None => session.latest_journal()?,
    };
    let content = Journal::read(&path)?;
    ensure!(
        content.records.iter().any(|(_, attempts)| attempts.acknowledged > 0),
        "the journal has nothing that was acknowledged: nothing can be compared"
    );
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
    let (expected, mut groups) = (Expected::of(content)?, groups::of_journal(session, content)?);
    let pool = store::pool(&session.environment)?;
    // One that was never there is not waited for.
    drop(pool.acquire().await.context("the database does not answer: check DATABASE_URL, or run `make up`")?);
    let (mut patience, spinner) = (Patience::new(wait, Instant::now()), progress::spinner());
    loop {
        let began = Instant::now();
        match look(&pool, &expected, &mut groups).await {
            Ok(verdict) => {
                let now = Instant::now();
                patience.note(verdict.awaited(), now);
                if verdict.is_clean() || !verdict.is_only_late() || patience.is_over(now) {
                    spinner.finish_and_clear();
                    return Ok(verdict);
                }
                spinner.set_message(awaited(&verdict));
            }
            Err(error) if Fault::of(&error) == Fault::Passing && !patience.is_over(Instant::now()) => {
                spinner.set_message("The database does not answer");
            }
            Err(error) => {
                spinner.finish_and_clear();
                return Err(error).context("the database cannot be read");
            }
        }
        spinner.tick();
        // A look at a large shop takes its time, and the database has other things to do.
        sleep(began.elapsed().max(LOOK)).await;
    }
}

/// With a connection of its own: the one before may be broken.
async fn look(pool: &PgPool, expected: &Expected, groups: &mut Groups) -> Result<Verdict, store::Error> {
    verify(&mut *pool.acquire().await?, expected, groups).await
}

fn awaited(verdict: &Verdict) -> String {
    if verdict.missing.is_empty() {
        "Everything is there, and consumers have not come to the end yet".to_owned()
    } else {
        format!("{} are still missing", verdict.missing.len())
    }
}
