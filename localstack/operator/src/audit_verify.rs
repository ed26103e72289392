//! `operator audit-verify`.

use anyhow::Context as _;
use audit_verify::{All, ChainReport, Checkpoints, Progress, verify_all};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use settings::Environment;
use store::PgConnection;

use crate::answer::Answer;
use crate::arguments::AuditVerify;
use crate::bytes::shown;
use crate::table::table;

pub(crate) async fn run(
    command: AuditVerify,
    connection: &mut PgConnection,
    environment: &Environment,
) -> anyhow::Result<Answer> {
    let checkpoints = if command.without_checkpoints { None } else { Some(checkpoints(environment).await?) };
    let compared = checkpoints.as_ref().map(All::left);
    let reports = verified(connection, checkpoints).await?;
    let broken = reports.iter().any(|report| report.broken.is_some());
    let answer = if command.json {
        Answer::json(&as_json(&reports, compared))?
    } else {
        Answer::lines(&lines(&reports, compared))
    };
    Ok(answer.incomplete_where(broken))
}

async fn checkpoints(environment: &Environment) -> anyhow::Result<All> {
    Checkpoints::of(environment)?.all().await.context(
        "the checkpoints cannot be read: start Kafka with `make up`, or verify without them (--without-checkpoints)",
    )
}

async fn verified(connection: &mut PgConnection, checkpoints: Option<All>) -> anyhow::Result<Vec<ChainReport>> {
    // It draws nothing where standard error is no terminal.
    let bar = ProgressBar::new_spinner().with_style(ProgressStyle::with_template("{spinner} {msg} ({elapsed})")?);
    let on_progress = |progress: Progress<'_>| {
        bar.set_message(match progress {
            Progress::Checkpoints(left) => format!("comparing with checkpoints, {left} are left"),
            Progress::Rows(chain, rows) => format!("{}: {rows} rows hold", shown(chain.as_bytes())),
        });
        bar.tick();
    };
    let reports = verify_all(connection, checkpoints, on_progress).await;
    bar.finish_and_clear();
    reports
}

fn lines(reports: &[ChainReport], checkpoints: Option<u64>) -> Vec<String> {
    let mut lines = Vec::new();
    if reports.is_empty() {
        lines.push("Nothing is on record yet.".to_owned());
    } else {
        let rows: Vec<_> = reports.iter().map(row).collect();
        lines.push(table(&["chain", "rows that hold", "places compared", "verdict"], &rows));
    }
    lines.extend(unsure(checkpoints).map(|unsure| format!("\n{unsure}")));
    let broken: Vec<_> = reports.iter().filter_map(next_step).collect();
    if broken.is_empty() {
        lines.push("\nEvery chain holds.".to_owned());
    }
    lines.extend(broken);
    lines
}

fn row(report: &ChainReport) -> Vec<String> {
    let verdict = report
        .broken
        .as_ref()
        .map_or_else(|| "holds".to_owned(), |broken| format!("{} at row {}", broken.how.name(), broken.seq));
    vec![shown(report.chain.as_bytes()), report.rows.to_string(), report.compared.to_string(), verdict]
}

/// What cannot be told.
fn unsure(checkpoints: Option<u64>) -> Option<&'static str> {
    match checkpoints {
        None => Some(
            "Without checkpoints, rows that were cut off at the end together with the head, or rewritten with all their hashes, \
             may go unnoticed.",
        ),
        Some(0) => Some(
            "There are no checkpoints yet (audit-verify writes one a minute where it runs): rows that were cut off at the end \
             together with the head, or rewritten with all their hashes, may go unnoticed.",
        ),
        Some(_) => None,
    }
}

/// What is wrong with a chain, and what to do.
fn next_step(report: &ChainReport) -> Option<String> {
    let broken = report.broken.as_ref()?;
    Some(format!(
        "\nThe chain {chain} is broken at row {seq} ({how}): {what}.\n\
         Keep the database as it is (a dump, the server's log, who had its owner's password), and change nothing in audit_log. Compare\n  \
         select * from audit_log where chain = '{chain}' and seq >= {from} order by seq limit 20\n\
         with a backup, and with the topic of the chain as long as it keeps the events. What the other chains say stands.",
        chain = shown(report.chain.as_bytes()),
        seq = broken.seq,
        how = broken.how.name(),
        what = broken.what,
        from = (broken.seq - 2).max(1),
    ))
}

fn as_json(reports: &[ChainReport], checkpoints: Option<u64>) -> Value {
    let broken = |report: &ChainReport| {
        let broken = report.broken.as_ref()?;
        Some(json!({"chain": report.chain, "seq": broken.seq, "how": broken.how, "what": broken.what}))
    };
    let chain = |report: &ChainReport| json!({"chain": report.chain, "rows": report.rows, "compared": report.compared});
    json!({
        "chains": reports.iter().map(chain).collect::<Vec<_>>(),
        "checkpoints": checkpoints,
        "broken": reports.iter().filter_map(broken).collect::<Vec<_>>(),
    })
}
