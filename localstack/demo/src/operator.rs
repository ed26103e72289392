//! `make dlq`, as a person would call it.

use std::path::PathBuf;
use std::process::Output;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::process::Command;

/// A dead letter, as the list shows it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Letter {
    pub(crate) state: String,
    pub(crate) event_id: Option<String>,
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
}

#[derive(Deserialize)]
struct Redriven {
    letters: u64,
}

#[derive(Deserialize)]
struct MadeKey {
    key: String,
}

/// A chain of the audit log that does not hold, and its first row that is wrong.
#[derive(Debug, Deserialize)]
pub(crate) struct Broken {
    pub(crate) chain: String,
    pub(crate) seq: i64,
    pub(crate) how: String,
}

#[derive(Deserialize)]
struct Verified {
    broken: Vec<Broken>,
}

/// Sums that were compared with their facts.
#[derive(Deserialize)]
struct Compared {
    differing: u64,
}

/// Who calls these commands, in the checkout.
pub(crate) struct Operator {
    pub(crate) root: PathBuf,
}

impl Operator {
    /// Makes an API key for everything, for a day.
    pub(crate) async fn make_key(&self, name: &str) -> anyhow::Result<String> {
        let scopes = ["events:*", "links", "discussions", "read", "admin"];
        let scopes = scopes.into_iter().flat_map(|scope| ["--scope", scope]);
        let arguments = ["api-key", "create", "--name", name, "--source", "*", "--expires-in-days", "1"];
        let made: MadeKey = self.ask(&arguments.into_iter().chain(scopes).collect::<Vec<_>>()).await?;
        Ok(made.key)
    }

    /// Verifies the audit log, and says which chains are broken.
    pub(crate) async fn verify(&self) -> anyhow::Result<Vec<Broken>> {
        let arguments = &["audit-verify"];
        let output = self.run(arguments).await?;
        let verified: Verified = answer(arguments, &output)?;
        // Whoever asks by a script must see it too.
        if output.status.success() != verified.broken.is_empty() {
            bail!("audit-verify ends with {}, and finds {:?}", output.status, verified.broken);
        }
        Ok(verified.broken)
    }

    /// Compares all sums with the facts behind them, and says how many rows differ.
    pub(crate) async fn differing_sums(&self) -> anyhow::Result<u64> {
        let arguments = &["aggregates-check"];
        let compared: Vec<Compared> = answer(arguments, &self.run(arguments).await?)?;
        Ok(compared.iter().map(|sums| sums.differing).sum())
    }

    /// All dead letters of a key, whatever became of them.
    pub(crate) async fn list(&self, key: &str) -> anyhow::Result<Vec<Letter>> {
        self.ask(&["dlq", "list", "--state", "any", "--key", key]).await
    }

    /// Sends one on again, and says how many were.
    pub(crate) async fn redrive(&self, event_id: &str) -> anyhow::Result<u64> {
        let redriven: Redriven = self.ask(&["dlq", "redrive", "--event-id", event_id]).await?;
        Ok(redriven.letters)
    }

    async fn ask<T: DeserializeOwned>(&self, arguments: &[&str]) -> anyhow::Result<T> {
        let output = self.run(arguments).await?;
        if !output.status.success() {
            bail!("{arguments:?} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        answer(arguments, &output)
    }

    async fn run(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        let mut command = Command::new(self.root.join("target/debug/operator"));
        let output = command.args(arguments).arg("--json").current_dir(&self.root).output().await;
        output.context("cannot run what `make dlq` runs")
    }
}

fn answer<T: DeserializeOwned>(arguments: &[&str], output: &Output) -> anyhow::Result<T> {
    serde_json::from_slice(&output.stdout).with_context(|| {
        let said = String::from_utf8_lossy(&output.stderr);
        format!("the answer to {arguments:?} is not understood: {}", said.trim())
    })
}
