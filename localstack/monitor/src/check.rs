//! promtool's judgement.

use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde_json::json;
use tokio::process::Command;

use crate::files::dashboard_expressions;

/// What Grafana puts in for a range.
const GRAFANA: [(&str, &str); 2] = [("$__rate_interval", "5m"), ("$__range", "1h")];

/// Lets promtool judge everything in `infra/monitoring`, and says aloud where there is none.
pub async fn check() -> anyhow::Result<ExitCode> {
    let here = std::env::current_dir().context("cannot read the working directory")?;
    let folder = stack::environment::checkout(None, &here)?.join("infra/monitoring");
    if !has_promtool().await? {
        say("alerts NOT CHECKED: there is no promtool (`make setup` says whether it can be had here)");
        return Ok(ExitCode::SUCCESS);
    }
    promtool(&folder, &["check", "config", "prometheus.yml"]).await?;
    promtool(&folder, &["test", "rules", "alerts_test.yml"]).await?;
    let scratch = tempfile::tempdir().context("cannot make a folder")?;
    let path = scratch.path().join("dashboard.yml");
    std::fs::write(&path, dashboard_as_rules(&folder)?).context("cannot write the dashboard's expressions")?;
    promtool(&folder, &["check", "rules", "--lint=none", &path.display().to_string()]).await?;
    Ok(ExitCode::SUCCESS)
}

async fn has_promtool() -> anyhow::Result<bool> {
    match Command::new("promtool").arg("--version").output().await {
        Ok(output) => Ok(output.status.success()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).context("cannot run promtool"),
    }
}

async fn promtool(folder: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let status = Command::new("promtool").args(arguments).current_dir(folder).status().await?;
    if !status.success() {
        bail!("promtool {} failed", arguments.join(" "));
    }
    Ok(())
}

/// Each expression as a rule: promtool parses rules. YAML takes JSON.
fn dashboard_as_rules(folder: &Path) -> anyhow::Result<String> {
    let expressions = dashboard_expressions(&folder.join("grafana/dashboards/onceward.json"))?;
    let rules: Vec<_> = expressions
        .iter()
        .enumerate()
        .map(|(number, expression)| {
            let whole = GRAFANA.iter().fold(expression.clone(), |text, (name, value)| text.replace(name, value));
            json!({ "record": format!("panel:{number}"), "expr": whole })
        })
        .collect();
    Ok(json!({ "groups": [{ "name": "dashboard", "rules": rules }] }).to_string())
}

#[expect(clippy::print_stdout, reason = "what a command-line tool is asked for")]
fn say(line: &str) {
    println!("{line}");
}
