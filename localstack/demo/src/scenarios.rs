//! `docs/scenarios.md`, run from its first command to its last.

mod document;
mod plain;

use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use time::OffsetDateTime;
use tokio::process::Command;
use tokio::time::timeout;

use crate::operator::Operator;
use crate::progress::{Step as Line, done};
use crate::services::{Services, Stage};
use document::{Document, Step};
use plain::plain;

const DOCUMENT: &str = "docs/scenarios.md";
/// How long the commands of one step may take.
const PATIENCE: Duration = Duration::from_mins(10);

/// Which scenarios, and what for.
#[derive(Debug, Args)]
pub(crate) struct Scenarios {
    /// Only those whose heading has this in it, whatever its case
    #[arg(long, value_name = "WORD")]
    only: Option<String>,
    /// Take the outputs down, and compare nothing
    #[arg(long)]
    write: bool,
}

impl Scenarios {
    fn wants(&self, step: &Step) -> bool {
        self.only.as_ref().is_none_or(|word| step.section.to_lowercase().contains(&word.to_lowercase()))
    }
}

/// Runs them; the exit code says whether every output is as it is written down.
pub(crate) async fn run(wanted: &Scenarios) -> anyhow::Result<ExitCode> {
    let stage = Stage::set()?;
    let path = stage.root.join(DOCUMENT);
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut document = Document::parse(&text).map_err(|wrong| anyhow!("{DOCUMENT}: {wrong}"))?;
    if !document.steps().any(|step| wanted.wants(step)) {
        bail!("{DOCUMENT} has no scenario like that: its headings name them");
    }
    let services = Services::start(&stage).await?;
    let differing = tokio::select! {
        differing = play(&stage, &services.base, wanted, &mut document) => differing,
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(Into::into).and_then(|()| bail!("stopped")),
    };
    services.stop().await;
    let differing = differing?;
    if wanted.write {
        std::fs::write(&path, document.text()).with_context(|| format!("cannot write {}", path.display()))?;
        done(&format!("Took the outputs down in {DOCUMENT}: read them before they are committed"));
    }
    Ok(if differing == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs the steps one after the other, and says how many print something else.
async fn play(stage: &Stage, base: &str, wanted: &Scenarios, document: &mut Document) -> anyhow::Result<usize> {
    let key = Operator { root: stage.root.clone() }.make_key("scenarios").await?;
    std::fs::create_dir_all(stage.root.join("target/scenarios")).context("cannot make target/scenarios")?;
    #[expect(clippy::disallowed_methods, reason = "the names of the shops begin with the time")]
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let steps: Vec<Step> = document.steps().cloned().collect();
    let (mut differing, mut shops, mut section) = (0, now, String::new());
    for (place, step) in steps.iter().enumerate().filter(|(_, step)| wanted.wants(step)) {
        if section != step.section {
            section.clone_from(&step.section);
            shops += 1;
        }
        let line = Line::start(&format!("{section}: {}", step.commands.lines().next().unwrap_or_default()));
        let shop = format!("shop{shops:010x}");
        let printed = plain(&printed(stage, base, &key, &shop, &step.commands).await?);
        if wanted.write {
            line.done(&section);
            document.put(place, printed);
        } else if printed == step.output {
            line.done(&section);
        } else {
            line.failed(&format!("{section}: another output than in {DOCUMENT}"));
            show(step, &printed);
            differing += 1;
        }
    }
    Ok(differing)
}

/// What the commands print, errors too. They run as a person would run them, and not as a part of `make scenarios`.
async fn printed(stage: &Stage, base: &str, key: &str, shop: &str, commands: &str) -> anyhow::Result<String> {
    let journals = stage.journals.as_os_str();
    let mut shell = Command::new("bash");
    shell.args(["-euo", "pipefail", "-c", &format!("exec 2>&1\n{commands}")]);
    shell.envs([("BASE", base), ("KEY", key), ("ONCEWARD_API_KEY", key), ("SHOP", shop), ("NO_COLOR", "1")]);
    shell.env("JOURNALS", journals).current_dir(&stage.root).kill_on_drop(true);
    for inherited in ["MAKEFLAGS", "MAKELEVEL", "MFLAGS", "DO"] {
        shell.env_remove(inherited);
    }
    let output = timeout(PATIENCE, shell.stdin(Stdio::null()).output()).await;
    let output =
        output.with_context(|| format!("this does not come to an end:\n{commands}"))?.context("cannot run bash")?;
    let mut printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        printed.extend([&output.status.to_string(), "\n"]);
    }
    Ok(printed)
}

/// What it should print from the first line on that differs, and what it prints from there.
#[expect(clippy::print_stdout, reason = "the result of a command-line tool")]
fn show(step: &Step, printed: &str) {
    let same = step.output.lines().zip(printed.lines()).take_while(|(one, other)| one == other).count();
    println!("{}", step.commands.trim_end());
    step.output.lines().skip(same).for_each(|line| println!("  - {line}"));
    printed.lines().skip(same).for_each(|line| println!("  + {line}"));
}
