//! The file that says which process is ours.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::process::Identity;
use crate::state::open_directory;

/// A server that was started.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    #[serde(flatten)]
    pub(crate) identity: Identity,
    pub(crate) port: u16,
    pub(crate) version: String,
}

fn path(run: &Path, key: &str) -> PathBuf {
    run.join(format!("{key}.pid"))
}

/// The recorded server, if exactly that process still lives. A file that is missing, damaged or about a process that
/// is gone names none.
pub(crate) fn living(run: &Path, key: &str) -> Option<Record> {
    let text = fs::read_to_string(path(run, key)).ok()?;
    serde_json::from_str(&text).ok().filter(|record: &Record| record.identity.is_alive())
}

/// When the living server was started by us.
pub(crate) fn since(run: &Path, key: &str) -> Option<OffsetDateTime> {
    Some(fs::metadata(path(run, key)).ok()?.modified().ok()?.into())
}

pub(crate) fn write(run: &Path, key: &str, record: &Record) -> anyhow::Result<()> {
    open_directory(run)?;
    let (file, new) = (path(run, key), run.join(format!("{key}.new")));
    let text = serde_json::to_string(record).context("cannot put a process id into JSON")?;
    fs::write(&new, text + "\n")
        .and_then(|()| fs::rename(&new, &file))
        .with_context(|| format!("cannot write {}", file.display()))
}

/// Writes the record of a server whose file was lost.
pub(crate) fn write_missing(run: &Path, key: &str, record: &Record) -> anyhow::Result<()> {
    if living(run, key).is_some() { Ok(()) } else { write(run, key, record) }
}

pub(crate) fn remove(run: &Path, key: &str) -> anyhow::Result<()> {
    let file = path(run, key);
    match fs::remove_file(&file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", file.display()))
        }
        _ => Ok(()),
    }
}
