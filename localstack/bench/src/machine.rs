//! On what it was measured.

use std::process::Command;

use sqlx::AssertSqlSafe;
use template::Template;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::database::Database;

/// Settings of the server that decide what a commit costs.
const SETTINGS: [&str; 6] =
    ["fsync", "synchronous_commit", "full_page_writes", "shared_buffers", "max_wal_size", "wal_compression"];

/// A head for the results, in Markdown.
pub(crate) async fn head(database: &mut Database, template: &Template) -> anyhow::Result<String> {
    #[expect(clippy::disallowed_methods, reason = "the results say when they were taken")]
    let now = OffsetDateTime::now_utc().replace_nanosecond(0)?.format(&Rfc3339)?;
    let mut settings = Vec::new();
    for setting in SETTINGS {
        settings.push(format!("{setting} {}", show(database, setting).await?));
    }
    let cores = std::thread::available_parallelism().map_or_else(|_| "?".to_owned(), |cores| cores.to_string());
    let lines = [
        ("when", format!("{now}, commit {}", command("git", &["describe", "--always", "--dirty"]))),
        ("machine", format!("{}, {cores} cores, {}", processor(), memory())),
        ("kernel", command("uname", &["-srm"])),
        (
            "versions",
            format!(
                "PostgreSQL {}, Kafka {}, {}",
                show(database, "server_version").await?,
                stack::artifacts::version("kafka.version"),
                command("rustc", &["--version"])
            ),
        ),
        ("PostgreSQL", settings.join(", ")),
        ("build", "profile `bench`: that of `release` without link-time optimization, in 16 units".to_owned()),
        ("mappings", mappings(template)),
    ];
    let rows: Vec<String> = lines.iter().map(|(what, value)| format!("| {what:<10} | {value} |\n")).collect();
    Ok(format!("|            |  |\n|:-----------|:-|\n{}", rows.concat()))
}

async fn show(database: &mut Database, setting: &str) -> sqlx::Result<String> {
    sqlx::query_scalar(AssertSqlSafe(format!("show {setting}"))).fetch_one(&mut database.connection).await
}

/// Batches and windows, which are used where nothing else is said.
fn mappings(template: &Template) -> String {
    let all = template.functions.iter().flat_map(|function| &function.mappings);
    let each = all.map(|mapping| format!("{} {} records or {:?}", mapping.topic, mapping.batch_size, mapping.window));
    each.collect::<Vec<_>>().join(", ")
}

/// What it prints; the results are worth something without it.
fn command(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    if text.is_empty() { format!("({program} says nothing)") } else { text }
}

fn processor() -> String {
    line_of("/proc/cpuinfo", "model name").unwrap_or_else(|| command("sysctl", &["-n", "machdep.cpu.brand_string"]))
}

fn memory() -> String {
    let kilobytes =
        line_of("/proc/meminfo", "MemTotal").and_then(|value| value.trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.map_or_else(
        || "memory not known".to_owned(),
        |kilobytes| format!("{} GB of memory", kilobytes.div_ceil(1 << 20)),
    )
}

/// What stands behind the colon of a line that begins so.
fn line_of(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}
