//! `make dlq`, as a person would call it.

use std::path::PathBuf;

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

/// Looks after the dead letters of one key.
pub(crate) struct Operator {
    pub(crate) root: PathBuf,
    pub(crate) key: String,
}

impl Operator {
    /// All of them, whatever became of them.
    pub(crate) async fn list(&self) -> anyhow::Result<Vec<Letter>> {
        self.ask(&["dlq", "list", "--state", "any", "--key", &self.key]).await
    }

    /// Sends one on again, and says how many were.
    pub(crate) async fn redrive(&self, event_id: &str) -> anyhow::Result<u64> {
        let redriven: Redriven = self.ask(&["dlq", "redrive", "--event-id", event_id]).await?;
        Ok(redriven.letters)
    }

    async fn ask<T: DeserializeOwned>(&self, arguments: &[&str]) -> anyhow::Result<T> {
        let mut command = Command::new(self.root.join("target/debug/operator"));
        let output = command.args(arguments).arg("--json").current_dir(&self.root).output().await;
        let output = output.context("cannot run what `make dlq` runs")?;
        if !output.status.success() {
            bail!("{arguments:?} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        serde_json::from_slice(&output.stdout).with_context(|| format!("the answer to {arguments:?} is not understood"))
    }
}
