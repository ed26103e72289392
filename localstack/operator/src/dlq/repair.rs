//! `redrive` and `discard`.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde_json::json;
use store::dead_letters::{self, Reason, Tally};
use store::{Connection as _, Fault, PgConnection};

use crate::Session;
use crate::answer::Answer;
use crate::arguments::Repair;
use crate::selection::Selected;
use crate::table::table;

/// Dead letters that one transaction deals with: few enough that no batch waits for it.
const PART: usize = 500;
/// How often a part is tried where a batch is in its way.
const TRIES: u32 = 5;

pub(super) async fn redrive(
    repair: Repair,
    connection: &mut PgConnection,
    session: &Session<'_>,
) -> anyhow::Result<Answer> {
    let selected = repair.selection.select(connection, session.now).await?;
    let done = if repair.dry_run {
        dead_letters::count_redrivable(connection, &selected.open).await?
    } else {
        let work = async |connection: &mut PgConnection, ids: &[i64]| {
            dead_letters::redrive(connection, ids, session.now).await
        };
        let done = in_parts(connection, &selected.open, work).await?;
        tracing::info!(
            dead_letters.redriven = sum(&done),
            dead_letters.selection = repair.selection.describe(session.now),
            user = session.user,
            "Dead letters sent on again"
        );
        done
    };
    let next =
        "The next batch or tick of their consumer (within a minute) tries them; `make dlq` lists what fails again.";
    answer(&repair, &selected, &done, ["sent on again", "would be sent on again"], next)
}

pub(super) async fn discard(
    repair: Repair,
    reason: &str,
    connection: &mut PgConnection,
    session: &Session<'_>,
) -> anyhow::Result<Answer> {
    let reason = Reason::new(reason).context("the reason is empty: say in --reason why they can be given up")?;
    let selected = repair.selection.select(connection, session.now).await?;
    let done = if repair.dry_run {
        dead_letters::count_discardable(connection, &selected.open).await?
    } else {
        let work = async |connection: &mut PgConnection, ids: &[i64]| {
            dead_letters::discard(connection, ids, &reason, session.now).await
        };
        let done = in_parts(connection, &selected.open, work).await?;
        tracing::info!(
            dead_letters.discarded = sum(&done),
            dead_letters.selection = repair.selection.describe(session.now),
            reason = reason.as_str(),
            user = session.user,
            "Dead letters discarded"
        );
        done
    };
    let next = "They stay listed with `make dlq DO=\"list --state discarded\"` until the housekeeper removes them.";
    answer(&repair, &selected, &done, ["discarded", "would be discarded"], next)
}

fn sum(tallies: &[Tally]) -> i64 {
    tallies.iter().map(|tally| tally.letters).sum()
}

/// Each part in a transaction of its own: what was committed stays, whatever becomes of the rest.
async fn in_parts(
    connection: &mut PgConnection,
    ids: &[i64],
    work: impl AsyncFn(&mut PgConnection, &[i64]) -> Result<Vec<Tally>, store::Error>,
) -> anyhow::Result<Vec<Tally>> {
    let mut sums: BTreeMap<(String, String), i64> = BTreeMap::new();
    for part in ids.chunks(PART) {
        let done: i64 = sums.values().sum();
        let tallies = tried(connection, part, &work).await.with_context(|| {
            format!(
                "the database failed after {done} of {} dead letters: run the same command again for the rest",
                ids.len()
            )
        })?;
        for Tally { consumer, error_class, letters } in tallies {
            *sums.entry((consumer, error_class)).or_default() += letters;
        }
    }
    let tally = |((consumer, error_class), letters)| Tally { consumer, error_class, letters };
    Ok(sums.into_iter().map(tally).collect())
}

/// A batch may hold a key for longer than a lock is waited for, or two may wait for each other.
async fn tried(
    connection: &mut PgConnection,
    ids: &[i64],
    work: &impl AsyncFn(&mut PgConnection, &[i64]) -> Result<Vec<Tally>, store::Error>,
) -> Result<Vec<Tally>, store::Error> {
    let mut tries = 1;
    loop {
        match once(connection, ids, work).await {
            Err(error) if tries < TRIES && Fault::of(&error) == Fault::Passing => tries += 1,
            result => return result,
        }
    }
}

async fn once(
    connection: &mut PgConnection,
    ids: &[i64],
    work: &impl AsyncFn(&mut PgConnection, &[i64]) -> Result<Vec<Tally>, store::Error>,
) -> Result<Vec<Tally>, store::Error> {
    let mut transaction = connection.begin().await?;
    let tallies = work(&mut transaction, ids).await?;
    transaction.commit().await?;
    Ok(tallies)
}

fn answer(
    repair: &Repair,
    selected: &Selected,
    done: &[Tally],
    [did, would]: [&str; 2],
    next: &str,
) -> anyhow::Result<Answer> {
    let letters = sum(done);
    let left = selected.open.len().saturating_sub(usize::try_from(letters).unwrap_or(0));
    let incomplete = !selected.others.is_empty() || left > 0;
    if repair.json {
        let others = selected.others.iter().map(|(id, why)| json!({"id": id, "why": why}));
        let tallies = done
            .iter()
            .map(|tally| json!({"consumer": tally.consumer, "class": tally.error_class, "letters": tally.letters}));
        return Ok(Answer::json(&json!({
            "dryRun": repair.dry_run,
            "letters": letters,
            "byClass": tallies.collect::<Vec<_>>(),
            "notOpen": others.collect::<Vec<_>>(),
            "left": left,
        }))?
        .incomplete_where(incomplete));
    }
    let mut text = format!(
        "{letters} dead {} {}.",
        if letters == 1 { "letter" } else { "letters" },
        if repair.dry_run { would } else { did }
    );
    let rows: Vec<_> = done
        .iter()
        .map(|tally| vec![tally.consumer.clone(), tally.error_class.clone(), tally.letters.to_string()])
        .collect();
    text += "\n";
    if !rows.is_empty() {
        text += &table(&["consumer", "class", "letters"], &rows);
        text += if repair.dry_run { "Nothing was changed." } else { next };
        text += "\n";
    }
    for (id, why) in &selected.others {
        text += &format!("Not {id}: {why}.\n");
    }
    if left > 0 {
        text += &format!(
            "{left} more stay as they are: somebody else settled them meanwhile, or they have no value and can only be discarded.\n"
        );
    }
    Ok(Answer::text(text).incomplete_where(incomplete))
}
