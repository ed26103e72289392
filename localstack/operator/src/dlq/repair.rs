//! `redrive` and `discard`.

use anyhow::Context as _;
use api::Repaired;
use serde_json::json;
use store::PgConnection;
use store::dead_letters::{self, Reason, Tally};

use super::parts::in_parts;
use crate::Session;
use crate::answer::Answer;
use crate::arguments::Repair;
use crate::selection::Selected;
use crate::table::table;

/// How it is said.
struct Words {
    did: &'static str,
    would: &'static str,
    next: &'static str,
}

const REDRIVE: Words = Words {
    did: "sent on again",
    would: "would be sent on again",
    next: "The next batch or tick of their consumer (within a minute) tries them; `make dlq` lists what fails again.",
};

const DISCARD: Words = Words {
    did: "discarded",
    would: "would be discarded",
    next: "`make dlq DO=\"list --state discarded\"` lists them until the housekeeper removes them.",
};

pub(super) async fn redrive(
    repair: Repair,
    connection: &mut PgConnection,
    session: &Session<'_>,
) -> anyhow::Result<Answer> {
    let selected = repair.selection.select(connection, session.now).await?;
    if repair.dry_run {
        let would = dead_letters::count_redrivable(connection, &selected.open).await?;
        return answer(&repair, &selected, &would, &REDRIVE);
    }
    let selection = repair.selection.describe(session.now);
    let work = async |connection: &mut PgConnection, ids: &[i64]| {
        let done = dead_letters::redrive(connection, ids, session.now).await?;
        if !done.is_empty() {
            let repaired = Repaired { ids, selection: &selection, done: &done };
            session.audit(connection, repaired.redriven(session.actor.clone())).await?;
        }
        Ok(done)
    };
    let done = in_parts(connection, &selected.open, work).await?;
    tracing::info!(
        dead_letters.redriven = sum(&done),
        dead_letters.selection = selection,
        user = session.user,
        "Dead letters sent on again"
    );
    answer(&repair, &selected, &done, &REDRIVE)
}

pub(super) async fn discard(
    repair: Repair,
    reason: &str,
    connection: &mut PgConnection,
    session: &Session<'_>,
) -> anyhow::Result<Answer> {
    let reason = Reason::new(reason).context("the reason is empty: say in --reason why they can be given up")?;
    let selected = repair.selection.select(connection, session.now).await?;
    if repair.dry_run {
        let would = dead_letters::count_discardable(connection, &selected.open).await?;
        return answer(&repair, &selected, &would, &DISCARD);
    }
    let selection = repair.selection.describe(session.now);
    let work = async |connection: &mut PgConnection, ids: &[i64]| {
        let done = dead_letters::discard(connection, ids, &reason, session.now).await?;
        if !done.is_empty() {
            let repaired = Repaired { ids, selection: &selection, done: &done };
            session.audit(connection, repaired.discarded(session.actor.clone(), &reason)).await?;
        }
        Ok(done)
    };
    let done = in_parts(connection, &selected.open, work).await?;
    tracing::info!(
        dead_letters.discarded = sum(&done),
        dead_letters.selection = selection,
        reason = reason.as_str(),
        user = session.user,
        "Dead letters discarded"
    );
    answer(&repair, &selected, &done, &DISCARD)
}

fn sum(tallies: &[Tally]) -> i64 {
    tallies.iter().map(|tally| tally.letters).sum()
}

fn answer(repair: &Repair, selected: &Selected, done: &[Tally], words: &Words) -> anyhow::Result<Answer> {
    let letters = sum(done);
    let left = selected.open.len().saturating_sub(usize::try_from(letters).unwrap_or(0));
    let answer = if repair.json {
        as_json(repair, selected, done, left)?
    } else {
        let mut lines = said(repair, done, words);
        lines.extend(selected.others.iter().map(|(id, why)| format!("Not {id}: {why}.")));
        if left > 0 {
            lines.push(format!(
                "{left} more stay as they are: somebody else settled them meanwhile, or they have no value and can only be discarded."
            ));
        }
        Answer::lines(&lines)
    };
    Ok(answer.incomplete_where(!selected.others.is_empty() || left > 0))
}

fn said(repair: &Repair, done: &[Tally], words: &Words) -> Vec<String> {
    let letters = match sum(done) {
        1 => "1 dead letter".to_owned(),
        letters => format!("{letters} dead letters"),
    };
    let mut lines = vec![format!("{letters} {}.", if repair.dry_run { words.would } else { words.did })];
    if !done.is_empty() {
        let row = |tally: &Tally| vec![tally.consumer.clone(), tally.error_class.clone(), tally.letters.to_string()];
        lines.push(table(&["consumer", "class", "letters"], &done.iter().map(row).collect::<Vec<_>>()));
        lines.push(if repair.dry_run { "Nothing was changed." } else { words.next }.to_owned());
    }
    lines
}

fn as_json(repair: &Repair, selected: &Selected, done: &[Tally], left: usize) -> anyhow::Result<Answer> {
    let others = selected.others.iter().map(|(id, why)| json!({"id": id, "why": why}));
    let by_class = done
        .iter()
        .map(|tally| json!({"consumer": tally.consumer, "class": tally.error_class, "letters": tally.letters}));
    Answer::json(&json!({
        "dryRun": repair.dry_run,
        "letters": sum(done),
        "byClass": by_class.collect::<Vec<_>>(),
        "notOpen": others.collect::<Vec<_>>(),
        "left": left,
    }))
}
