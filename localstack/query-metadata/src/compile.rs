//! Has sqlx's macros ask a database about every statement of shared/store.

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context as _, ensure};

/// Compiles shared/store against the database at `url`; the macros write what they learn to `folder`.
pub(crate) fn describe(root: &Path, url: &str, folder: &Path) -> anyhow::Result<()> {
    let source = root.join("shared/store/src/lib.rs");
    let file =
        File::options().write(true).open(&source).with_context(|| format!("cannot open {}", source.display()))?;
    let written = file.metadata()?.modified()?;
    // Macros only run when their crate is compiled, and Cargo goes by the time of a file. It is set back afterwards, so that
    // nothing else is compiled again.
    #[expect(clippy::disallowed_methods, reason = "the time of a file is compared with the clock's")]
    file.set_modified(SystemTime::now())?;
    let status = Command::new("cargo")
        .args(["check", "--quiet", "--package", "store", "--lib"])
        .current_dir(root)
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", folder)
        .env("DATABASE_URL", url)
        .status();
    file.set_modified(written)?;
    ensure!(status.context("cannot run cargo")?.success(), "shared/store does not compile against a new database");
    Ok(())
}
