//! `operator aggregates-check`.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use store::PgConnection;
use store::aggregates_check::{Aggregate, Difference, Verdict, compare_all};

use crate::answer::Answer;
use crate::arguments::AggregatesCheck;
use crate::bytes::shown;
use crate::table::table;

pub(crate) async fn run(command: AggregatesCheck, connection: &mut PgConnection) -> anyhow::Result<Answer> {
    let verdicts = compared(connection).await?;
    let differs = verdicts.iter().any(|verdict| verdict.differing > 0);
    let answer = if command.json { Answer::json(&as_json(&verdicts))? } else { Answer::lines(&lines(&verdicts)) };
    Ok(answer.incomplete_where(differs))
}

async fn compared(connection: &mut PgConnection) -> anyhow::Result<Vec<Verdict>> {
    // It draws nothing where standard error is no terminal.
    let style = ProgressStyle::with_template("{spinner} {pos} of {len} compared, next {msg} ({elapsed})")?;
    let bar = ProgressBar::new(Aggregate::ALL.len() as u64).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    let mut begun = 0;
    let verdicts = compare_all(connection, |aggregate| {
        bar.set_position(begun);
        bar.set_message(aggregate.name());
        begun += 1;
    })
    .await;
    bar.finish_and_clear();
    Ok(verdicts?)
}

fn lines(verdicts: &[Verdict]) -> Vec<String> {
    let rows: Vec<_> = verdicts.iter().map(row).collect();
    let mut lines = vec![table(&["aggregate", "rows compared", "differ", "verdict"], &rows)];
    let differing: Vec<_> = verdicts.iter().filter(|verdict| verdict.differing > 0).collect();
    if differing.is_empty() {
        lines.push("\nEvery aggregate is what its facts come to.".to_owned());
        return lines;
    }
    for verdict in differing {
        let (name, rows) = (verdict.aggregate.name(), verdict.differing);
        lines.push(format!("\n{name} is not what its facts come to in {rows} rows, the first of them:"));
        lines.extend(verdict.first.iter().map(|row| format!("  {}", shown(told(row).as_bytes()))));
    }
    lines.push(
        "\nNothing was changed. A function writes facts and aggregates in one transaction, so that somebody else wrote one of them, or a \
         function is wrong: keep the database as it is (a dump, the server's log, who had its owner's password) until you know which. \
         Then docs/operations.md says how the rows are put right (Aggregates)."
            .to_owned(),
    );
    lines
}

fn row(verdict: &Verdict) -> Vec<String> {
    let is_same = if verdict.differing == 0 { "equals its facts" } else { "DIFFERS" };
    let (compared, differing) = (verdict.compared.to_string(), verdict.differing.to_string());
    vec![verdict.aggregate.name().to_owned(), compared, differing, is_same.to_owned()]
}

/// What is wrong with a row, in words.
fn told(row: &Difference) -> String {
    let Difference { key, stored, recomputed } = row;
    match (stored, recomputed) {
        (Some(stored), Some(recomputed)) => format!("{key}: {}", columns(stored, recomputed)),
        (Some(stored), None) => format!("{key}: nothing is behind the row {stored}"),
        (None, _) => {
            format!("{key}: there is no row, and the facts come to {}", recomputed.as_deref().unwrap_or("one"))
        }
    }
}

/// The columns that differ.
fn columns(stored: &str, recomputed: &str) -> String {
    let (stored, recomputed) = (values(stored), values(recomputed));
    let differing = stored.iter().filter_map(|(name, value)| {
        let (value, other) = (value.get(), recomputed.get(name)?.get());
        (value != other).then(|| format!("{name} is {value}, and the facts come to {other}"))
    });
    differing.collect::<Vec<_>>().join("; ")
}

/// As the database wrote them: a sum may have more digits than a number of JSON keeps.
fn values(row: &str) -> BTreeMap<String, &RawValue> {
    serde_json::from_str(row).unwrap_or_default()
}

fn as_json(verdicts: &[Verdict]) -> Value {
    let parsed = |text: &str| serde_json::from_str::<Value>(text).ok();
    let difference = |row: &Difference| {
        let [stored, recomputed] = [&row.stored, &row.recomputed].map(|row| row.as_deref().and_then(parsed));
        json!({"key": row.key, "stored": stored, "recomputed": recomputed})
    };
    let verdict = |verdict: &Verdict| {
        json!({
            "aggregate": verdict.aggregate.name(),
            "compared": verdict.compared,
            "differing": verdict.differing,
            "first": verdict.first.iter().map(difference).collect::<Vec<_>>(),
        })
    };
    Value::Array(verdicts.iter().map(verdict).collect())
}
