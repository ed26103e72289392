//! `stack down`.

use std::fs;
use std::time::Duration;

use anyhow::Context;

use crate::commands::{ours, servers};
use crate::docker;
use crate::record;
use crate::say::say;
use crate::server::Kind;
use crate::settings::Settings;

pub(super) async fn down(settings: &Settings, wipe: bool) -> anyhow::Result<()> {
    for kind in servers(settings) {
        stop(settings, kind).await?;
    }
    docker::down(settings, wipe).await?;
    if wipe {
        remove(settings)?;
    }
    Ok(())
}

/// Stops the server with this key, and leaves the other as it is.
pub(super) async fn only(settings: &Settings, key: &str) -> anyhow::Result<()> {
    for kind in servers(settings).into_iter().filter(|kind| kind.key() == key) {
        stop(settings, kind).await?;
    }
    docker::stop(settings, key).await
}

/// Stops the server that this stack started, if it still lives.
pub(super) async fn stop(settings: &Settings, kind: Kind) -> anyhow::Result<()> {
    if let Some(found) = ours(settings, kind) {
        say(&format!("stopping {} (process {})", kind.name(), found.identity.pid));
        found
            .identity
            .terminate(kind.stop_signal(), Duration::from_secs(30))
            .await
            .with_context(|| format!("cannot stop {}", kind.name()))?;
    } else {
        say(&format!("no {} process runs", kind.name()));
    }
    record::remove(&settings.state.run(), kind.key())
}

/// Removes data, logs, and the journals of what was sent to servers that are empty now; the servers themselves stay installed.
fn remove(settings: &Settings) -> anyhow::Result<()> {
    for part in ["postgres", "kafka", "logs", "producer"] {
        let folder = settings.state.directory.join(part);
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
        }
    }
    say(&format!("removed the data in {}", settings.state.directory.display()));
    Ok(())
}
