//! `stack status`.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::ExitCode;

use time::macros::format_description;

use crate::commands::{directory, ours, servers};
use crate::docker;
use crate::record;
use crate::say::answer;
use crate::server::Kind;
use crate::settings::Settings;

/// Says what runs; success where both servers do.
pub(super) async fn status(settings: &Settings) -> anyhow::Result<ExitCode> {
    let in_containers = !settings.processes_only && docker::answers(settings).await && docker::runs(settings).await;
    let mut all = true;
    for kind in servers(settings) {
        let (line, runs) = describe(settings, kind, in_containers).await;
        all &= runs;
        answer(&line);
    }
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn describe(settings: &Settings, kind: Kind, in_containers: bool) -> (String, bool) {
    let found = ours(settings, kind);
    let kept = bytes(&directory(settings, kind)).map_or_else(|| "?".to_owned(), |bytes| format!("{} MB", bytes >> 20));
    let (state, runs, details) = match (found, kind.answers().await) {
        (Some(found), answer) => {
            let format = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
            let since = record::since(&settings.state.run(), kind.key()).and_then(|since| since.format(format).ok());
            let state = if answer.is_ok() { "running" } else { "silent" };
            (
                state,
                answer.is_ok(),
                format!("process {}, since {}, data {kept}", found.identity.pid, since.unwrap_or_default()),
            )
        }
        (None, Ok(())) if in_containers => ("running", true, "container".to_owned()),
        (None, _) => match crate::holder(kind.port()) {
            Some(holder) => ("foreign", false, format!("its port is held by {holder}")),
            None => ("stopped", false, format!("data {kept}")),
        },
    };
    (format!("{:<10} {:<7} {state:<8} 127.0.0.1:{:<6} {details}", kind.name(), kind.version(), kind.port()), runs)
}

/// Space on disk, where the folder can be read.
fn bytes(folder: &Path) -> Option<u64> {
    if !folder.exists() {
        return Some(0);
    }
    let mut sum = 0;
    for entry in fs::read_dir(folder).ok()?.flatten() {
        let found = entry.metadata().ok()?;
        sum += if found.is_dir() { bytes(&entry.path())? } else { found.blocks() * 512 };
    }
    Some(sum)
}
