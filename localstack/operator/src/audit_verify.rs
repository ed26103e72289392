//! `operator audit-verify`.

use anyhow::Context as _;
use audit_verify::{Acceptance, Accepted, All, ChainReport, Checkpoints, Progress, Report, accept, forget, verify_all};
use events::{SystemAudit, Text};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use settings::Environment;
use store::{Connection as _, PgConnection};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::Session;
use crate::answer::Answer;
use crate::arguments::AuditVerify;
use crate::bytes::shown;
use crate::table::table;
use crate::when::written;

pub(crate) async fn run(
    command: AuditVerify,
    connection: &mut PgConnection,
    environment: &Environment,
    session: &Session<'_>,
) -> anyhow::Result<Answer> {
    if let (Some(chain), Some(reason)) = (&command.accept, &command.reason) {
        return take(chain, reason, command.json, (connection, environment, session)).await;
    }
    let checkpoints = if command.without_checkpoints { None } else { Some(checkpoints(environment).await?) };
    let compared = checkpoints.as_ref().map(All::left);
    let report = verified(connection, checkpoints).await?;
    let broken = report.removed.is_some() || report.chains.iter().any(|report| report.broken.is_some());
    let answer = if command.json {
        Answer::json(&as_json(&report, compared))?
    } else {
        Answer::lines(&lines(&report, compared, session))
    };
    Ok(answer.incomplete_where(broken))
}

/// Takes a chain as it stands, and puts on record that somebody did.
async fn take(
    chain: &str,
    reason: &str,
    json: bool,
    (connection, environment, session): (&mut PgConnection, &Environment, &Session<'_>),
) -> anyhow::Result<Answer> {
    let wanted = Acceptance { chain, reason, by: session.actor.as_str() };
    let accepted = accept(connection, &Checkpoints::of(environment)?, wanted, session.now)
        .await
        .with_context(|| format!("the chain {} was not accepted", shown(chain.as_bytes())))?;
    let mut transaction = connection.begin().await?;
    forget(&mut transaction, chain, session.now).await?;
    session.audit(&mut transaction, on_record(&accepted, session)).await?;
    transaction.commit().await.context("the chain is accepted, and that is not on record: accept it once more")?;
    tracing::info!(audit.chain = chain, audit.reason = reason, user = session.user, "Chain of the audit log accepted");
    if json {
        return Answer::json(&accepted);
    }
    Ok(Answer::text(format!(
        "The chain {} is accepted as it stands, at row {} (row {} before). From now on it is compared with what follows.",
        shown(chain.as_bytes()),
        accepted.to.seq,
        accepted.from.seq,
    )))
}

fn on_record(accepted: &Accepted, session: &Session<'_>) -> SystemAudit {
    let (from, to) = (&accepted.from, &accepted.to);
    let detail = format!("from row {} to row {} ({}): {}", from.seq, to.seq, to.hash, accepted.reason);
    SystemAudit {
        event_type: Text::new("audit.accepted").expect("a short text"),
        user_id: session.actor.clone(),
        action: Text::new("accept").expect("a short text"),
        resource: Text::cut(format!("audit/{}", accepted.chain).as_bytes()).expect("not empty"),
        status: Text::new("success").expect("a short text"),
        detail: Text::cut(detail.as_bytes()),
    }
}

async fn checkpoints(environment: &Environment) -> anyhow::Result<All> {
    Checkpoints::of(environment)?.all().await.context(
        "the checkpoints cannot be read: start Kafka with `make up`, or verify without them (--without-checkpoints)",
    )
}

async fn verified(connection: &mut PgConnection, checkpoints: Option<All>) -> anyhow::Result<Report> {
    // It draws nothing where standard error is no terminal.
    let bar = ProgressBar::new_spinner().with_style(ProgressStyle::with_template("{spinner} {msg} ({elapsed})")?);
    let on_progress = |progress: Progress<'_>| {
        bar.set_message(match progress {
            Progress::Checkpoints(left) => format!("comparing with checkpoints, {left} are left"),
            Progress::Rows(chain, rows) => format!("{}: {rows} rows hold", shown(chain.as_bytes())),
        });
        bar.tick();
    };
    let report = verify_all(connection, checkpoints, on_progress).await;
    bar.finish_and_clear();
    report
}

fn lines(report: &Report, checkpoints: Option<u64>, session: &Session<'_>) -> Vec<String> {
    let Report { chains: reports, accepted, removed } = report;
    let mut lines = Vec::new();
    if reports.is_empty() {
        lines.push("Nothing is on record yet.".to_owned());
    } else {
        let rows: Vec<_> = reports.iter().map(row).collect();
        lines.push(table(&["chain", "rows that hold", "places compared", "verdict"], &rows));
    }
    lines.extend(accepted.iter().map(|(at, accepted)| {
        format!(
            "\n{} was accepted by {} {}, at row {} (row {} before): {}",
            shown(accepted.chain.as_bytes()),
            shown(accepted.by.as_bytes()),
            written(*at, session.now),
            accepted.to.seq,
            accepted.from.seq,
            shown(accepted.reason.as_bytes()),
        )
    }));
    lines.extend(unsure(checkpoints).filter(|_| removed.is_none()).map(|unsure| format!("\n{unsure}")));
    let broken: Vec<_> = reports.iter().filter_map(next_step).collect();
    lines.extend(removed.map(|what| {
        format!(
            "\nCheckpoints were removed: {what}. What they would have shown goes unnoticed. Find out who did it; then make the topic \
             anew where it does not begin with its first record, and accept one chain: the others are in the next checkpoint \
             (--accept CHAIN --reason TEXT)."
        )
    }));
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
         with a backup, and with the topic of the chain as long as it keeps the events. What the other chains say stands.\n\
         After a restore or a failover the chain is not what it was, and stays so until somebody says why: --accept '{chain}' --reason TEXT.",
        chain = shown(report.chain.as_bytes()),
        seq = broken.seq,
        how = broken.how.name(),
        what = broken.what,
        from = (broken.seq - 2).max(1),
    ))
}

fn as_json(report: &Report, checkpoints: Option<u64>) -> Value {
    let reports = &report.chains;
    let accepted =
        |(at, accepted): &(OffsetDateTime, Accepted)| json!({"at": at.format(&Rfc3339).ok(), "accepted": accepted});
    let broken = |report: &ChainReport| {
        let broken = report.broken.as_ref()?;
        Some(json!({"chain": report.chain, "seq": broken.seq, "how": broken.how, "what": broken.what}))
    };
    let chain = |report: &ChainReport| json!({"chain": report.chain, "rows": report.rows, "compared": report.compared});
    json!({
        "chains": reports.iter().map(chain).collect::<Vec<_>>(),
        "checkpoints": checkpoints,
        "accepted": report.accepted.iter().map(accepted).collect::<Vec<_>>(),
        "removed": report.removed,
        "broken": reports.iter().filter_map(broken).collect::<Vec<_>>(),
    })
}
