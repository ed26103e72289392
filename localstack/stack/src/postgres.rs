//! PostgreSQL as a plain process.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use nix::sys::signal::Signal;
use sqlx::{Connection, PgConnection};
use tokio::time::{Instant, sleep};

use crate::artifacts::Artifacts;
use crate::attached::Attached;
use crate::process::Identity;
use crate::server::Kind;
use crate::state::{blocking, open_directory, server_user};
use crate::{database, process};

/// What both ways of running it set; compose.yaml names the same.
pub(crate) const SETTINGS: [&str; 5] = [
    "max_connections=200",
    "shared_buffers=256MB",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_line_prefix=%m [%p] %q%u@%d ",
];

/// A private PostgreSQL. Its process ends when this is dropped, and when the process that started it dies.
#[derive(Debug)]
pub struct Server {
    attached: Attached,
    port: u16,
}

impl Server {
    /// Starts a server with its data in `directory` and waits until it answers; it has the roles `onceward_owner` and
    /// `onceward_app` and the empty database `onceward`.
    ///
    /// As root the server runs as another user, who must be able to enter `directory`: [`crate::scratch`] makes such a one.
    pub async fn start(artifacts: &Artifacts, directory: &Path, port: u16) -> anyhow::Result<Self> {
        let attached = Attached::start(Kind::Postgres { port }, artifacts, directory).await?;
        database::prepare(&format!("postgres://postgres@127.0.0.1:{port}")).await?;
        Ok(Self { attached, port })
    }

    /// What `role` connects to for `database`.
    #[must_use]
    pub fn url(&self, database: &str, role: &str) -> String {
        url(self.port, database, role)
    }

    /// The server's process id.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.attached.pid()
    }

    /// Ends it as a crash would (SIGKILL). Its processes for connections end on their own a moment later, and could carry a statement
    /// out until then: they are waited for, a second at most, as frozen ones do not end.
    pub fn kill(&mut self) {
        self.attached.kill();
        self.attached.wait_for_rest(Duration::from_secs(1));
    }

    /// Ends it properly, its clients' sessions too, and waits for that.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        self.attached.stop().await
    }

    /// Starts it again with its data, on its port; one that still runs is stopped first.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.attached.restart().await
    }
}

pub(crate) fn url(port: u16, database: &str, role: &str) -> String {
    format!("postgres://{role}@127.0.0.1:{port}/{database}")
}

/// What only the command line of the server in `directory` holds.
pub(crate) fn mark(directory: &Path) -> String {
    format!("bin/postgres -D {}", data(directory).display())
}

/// Where its data is, and what its processes have as their working directory.
pub(crate) fn data(directory: &Path) -> PathBuf {
    directory.join("data")
}

/// Makes the data directory when there is none and gives the command that starts the server.
pub(crate) async fn command(artifacts: &Artifacts, directory: &Path, port: u16) -> anyhow::Result<Command> {
    open_directory(directory)?;
    if let Some(blocked) = server_user()
        .and_then(|(uid, gid)| blocking(directory, uid, gid).or_else(|| blocking(&artifacts.postgres, uid, gid)))
    {
        bail!(
            "PostgreSQL does not run as root, and its user cannot enter {}: allow it with `chmod o+x`, or choose another folder",
            blocked.display()
        );
    }
    let data = data(directory);
    if !data.exists() {
        initialise(artifacts, directory, &data).await?;
    }
    forget_stale_lock(directory, &data)?;
    end_orphans(&data).await?;
    let mut command = program(artifacts, "postgres", directory);
    command.arg("-D").arg(&data);
    // No socket file: its folder would have to be writable and its name could clash.
    let own = [format!("port={port}"), "listen_addresses=127.0.0.1".into(), "unix_socket_directories=".into()];
    for setting in SETTINGS.map(String::from).into_iter().chain(own) {
        command.args(["-c", &setting]);
    }
    Ok(command)
}

/// A program of PostgreSQL, as the user whom the server runs as.
fn program(artifacts: &Artifacts, name: &str, directory: &Path) -> Command {
    let mut command = Command::new(artifacts.postgres.join("bin").join(name));
    command.current_dir(directory).env("LC_ALL", "C").env_remove("PGDATA");
    if let Some((uid, gid)) = server_user() {
        command.uid(uid.as_raw()).gid(gid.as_raw());
    }
    command
}

/// The data directory appears whole or not at all.
async fn initialise(artifacts: &Artifacts, directory: &Path, data: &Path) -> anyhow::Result<()> {
    let new = directory.join("data.new");
    if new.exists() {
        fs::remove_dir_all(&new).with_context(|| format!("cannot remove the half-made {}", new.display()))?;
    }
    fs::DirBuilder::new().mode(0o700).create(&new).with_context(|| format!("cannot make {}", new.display()))?;
    if let Some((uid, gid)) = server_user() {
        chown(&new, Some(uid.as_raw()), Some(gid.as_raw()))
            .with_context(|| format!("cannot give {} to PostgreSQL's user", new.display()))?;
    }
    let mut command = program(artifacts, "initdb", directory);
    command.arg("-D").arg(&new).args(["-U", "postgres", "--auth=trust", "-E", "UTF8"]);
    // PostgreSQL's own collation is the same on every system.
    command.args(["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]);
    let output = tokio::process::Command::from(command).output().await.context("cannot run initdb")?;
    ensure!(
        output.status.success(),
        "cannot make a database in {}: {}",
        new.display(),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    fs::rename(&new, data).with_context(|| format!("cannot move the new database to {}", data.display()))
}

/// A killed server leaves its lock file, and PostgreSQL trusts it as soon as any process has that id again.
fn forget_stale_lock(directory: &Path, data: &Path) -> anyhow::Result<()> {
    let file = data.join("postmaster.pid");
    let pid = fs::read_to_string(&file).ok().and_then(|text| text.lines().next()?.trim().parse().ok());
    let Some(pid) = pid else {
        return Ok(());
    };
    let is_server = process::command_line(pid).is_some_and(|line| line.contains(&mark(directory)));
    if is_server {
        bail!("a PostgreSQL that this stack did not start (process {pid}) uses {}: stop it first", data.display());
    }
    fs::remove_file(&file).with_context(|| format!("cannot remove the stale {}", file.display()))
}

/// A killed server's sessions end by themselves, but only after the query they are in, and no server starts before.
async fn end_orphans(data: &Path) -> anyhow::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let orphans = process::working_in(data);
        if orphans.is_empty() {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("sessions of a killed PostgreSQL (processes {orphans:?}) do not end: end them, then try again");
        }
        for orphan in orphans.iter().filter_map(|pid| Identity::of(*pid)) {
            orphan.signal(Signal::SIGQUIT)?;
            // One that is frozen hears it only then.
            orphan.signal(Signal::SIGCONT)?;
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// Asks the smallest query.
pub(crate) async fn answers(port: u16) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(&url(port, "postgres", "postgres")).await?;
    sqlx::query("select 1").execute(&mut connection).await?;
    connection.close().await.context("cannot close a connection")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_container_has_the_same_settings() {
        let compose = include_str!("../../compose.yaml").replace('"', "");
        for setting in SETTINGS {
            assert!(compose.contains(&format!("      - {setting}\n")), "compose.yaml lacks {setting}");
        }
    }
}
