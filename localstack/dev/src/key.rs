//! An API key for the session.

use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::process::Command;

/// Makes a key for everything that is good for a day, as `make api-key` does.
pub(crate) async fn make(root: &Path) -> anyhow::Result<String> {
    let this = std::env::current_exe().context("cannot find this program")?;
    let mut command = Command::new(this.with_file_name("operator"));
    command.args(["api-key", "create", "--name", "make dev", "--source", "*", "--expires-in-days", "1", "--json"]);
    command.args(["events:*", "links", "discussions", "read", "admin"].iter().flat_map(|scope| ["--scope", scope]));
    let output = command.current_dir(root).output().await.context("cannot run what `make api-key` runs")?;
    if !output.status.success() {
        bail!("no API key could be made: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let made: Value = serde_json::from_slice(&output.stdout).context("the answer to api-key is not understood")?;
    made["key"].as_str().map(str::to_owned).context("the answer to api-key has no key")
}
