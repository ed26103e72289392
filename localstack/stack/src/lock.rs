//! One command at a time on one state directory.

use std::fs::{File, TryLockError};
use std::path::Path;

use anyhow::Context;

use crate::say::say;
use crate::state::open_directory;

/// Waits until no other command changes the stack; the lock goes when the file is dropped, or its process dies.
pub(crate) fn take(run: &Path) -> anyhow::Result<File> {
    let path = run.join("lock");
    let make = || open_directory(run).and_then(|()| Ok(File::options().create(true).append(true).open(&path)?));
    // A file of another user can be locked too: a stack that is up needs nothing more.
    let file =
        File::open(&path).or_else(|_| make()).with_context(|| format!("cannot open the lock {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => say("another command works on the stack; waiting for it"),
        Err(TryLockError::Error(error)) => {
            return Err(error).with_context(|| format!("cannot lock {}", path.display()));
        }
    }
    file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
    Ok(file)
}
