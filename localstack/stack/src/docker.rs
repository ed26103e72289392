//! The same servers as containers, where a Docker engine answers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::process::Command;
use tokio::time::timeout;

use crate::say::say;
use crate::settings::Settings;
use crate::state::hash;

/// Whether an engine answers within 2 s and knows `compose`; within 10 s where this stack has containers, as an engine
/// that has just been started takes that long.
pub(crate) async fn answers(settings: &Settings) -> bool {
    let patience = Duration::from_secs(if mark(settings).exists() { 10 } else { 2 });
    quick(&["info", "--format", "{{.ServerVersion}}"], patience).await && quick(&["compose", "version"], patience).await
}

async fn quick(arguments: &[&str], patience: Duration) -> bool {
    let mut command = Command::new("docker");
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    let done = timeout(patience, command.output()).await;
    done.is_ok_and(|output| {
        output.is_ok_and(|output| output.status.success() && !output.stdout.trim_ascii().is_empty())
    })
}

fn compose(settings: &Settings, arguments: &[&str]) -> Command {
    let mut command = Command::new("docker");
    command
        .args(["compose", "-p", &project(&settings.root), "-f"])
        .arg(settings.root.join("localstack/compose.yaml"))
        .args(arguments)
        .stdin(Stdio::null());
    for (name, port) in [
        ("ONCEWARD_POSTGRES_PORT", settings.postgres_port),
        ("ONCEWARD_KAFKA_PORT", settings.kafka_port),
        ("ONCEWARD_KAFKA_CONTROLLER_PORT", settings.controller_port),
    ] {
        command.env(name, port.to_string());
    }
    command
}

/// Two checkouts must not take each other's containers for their own.
fn project(root: &Path) -> String {
    format!("onceward-{:016x}", hash(root.as_os_str().as_encoded_bytes()))
}

/// Runs one `docker compose` command with its own progress on the terminal.
pub(crate) async fn run(settings: &Settings, arguments: &[&str]) -> anyhow::Result<()> {
    let status = compose(settings, arguments).status().await.context("cannot run docker compose")?;
    ensure!(
        status.success(),
        "`docker compose {}` failed: `docker compose -p {} logs` says more; ONCEWARD_STACK=processes does without containers",
        arguments.join(" "),
        project(&settings.root),
    );
    Ok(())
}

/// Whether the stack's containers run.
pub(crate) async fn runs(settings: &Settings) -> bool {
    let output = compose(settings, &["ps", "--quiet", "--status", "running"]).stderr(Stdio::null()).output().await;
    output.is_ok_and(|output| output.status.success() && !output.stdout.trim_ascii().is_empty())
}

/// Remembers that this stack has containers, so that where it has none no engine is waited for.
pub(crate) fn remember(settings: &Settings) -> anyhow::Result<()> {
    let mark = mark(settings);
    fs::write(&mark, "").with_context(|| format!("cannot write {}", mark.display()))
}

/// Stops the containers of this stack, where it ever had any.
pub(crate) async fn down(settings: &Settings, wipe: bool) -> anyhow::Result<()> {
    if !can_be_stopped(settings).await {
        return Ok(());
    }
    if !wipe {
        return run(settings, &["down"]).await;
    }
    run(settings, &["down", "--volumes"]).await?;
    let mark = mark(settings);
    fs::remove_file(&mark).with_context(|| format!("cannot remove {}", mark.display()))
}

/// Stops the container of one server, where this stack ever had any.
pub(crate) async fn stop(settings: &Settings, service: &str) -> anyhow::Result<()> {
    if !can_be_stopped(settings).await {
        return Ok(());
    }
    run(settings, &["stop", service]).await
}

/// Whether the stack ever had containers, and an engine answers that may still have them.
async fn can_be_stopped(settings: &Settings) -> bool {
    if !mark(settings).exists() {
        return false;
    }
    let answers = answers(settings).await;
    if !answers {
        say("the stack had containers, and no Docker engine answers now: what runs there stays as it is");
    }
    answers
}

fn mark(settings: &Settings) -> PathBuf {
    settings.state.run().join("containers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_checkouts_have_containers_of_their_own() {
        let (one, other) = (project(Path::new("/home/me/onceward")), project(Path::new("/home/me/second clone")));
        assert_ne!(one, other);
        assert!(one.chars().all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '-'), "{one}");
    }
}
