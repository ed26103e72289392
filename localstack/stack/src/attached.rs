//! A server that lives no longer than the process that started it.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::sys::signal::Signal;

use crate::artifacts::Artifacts;
use crate::process::Identity;
use crate::server::{Kind, PATIENCE};

#[derive(Debug)]
pub(crate) struct Attached {
    kind: Kind,
    artifacts: Artifacts,
    directory: PathBuf,
    child: Child,
    identity: Identity,
    watcher: Child,
}

impl Attached {
    pub(crate) async fn start(kind: Kind, artifacts: &Artifacts, directory: &Path) -> anyhow::Result<Self> {
        let log = directory.join("log.txt");
        crate::open_directory(directory)?;
        let (child, identity) = kind.start(artifacts, directory, &log).await?;
        let watcher = watch(kind, &child)?;
        let attached =
            Self { kind, artifacts: artifacts.clone(), directory: directory.to_path_buf(), child, identity, watcher };
        kind.wait(&attached.identity, &log, PATIENCE).await?;
        Ok(attached)
    }

    pub(crate) fn pid(&self) -> i32 {
        self.identity.pid
    }

    pub(crate) fn kill(&mut self) {
        self.unwatch();
        // Fails only where it has ended already.
        self.child.kill().and_then(|()| self.child.wait()).ok();
    }

    /// Waits until no process of it is left, as long as there is patience.
    pub(crate) fn wait_for_rest(&self, patience: Duration) {
        let deadline = Instant::now() + patience;
        let is_left = || self.kind.processes(&self.directory).into_iter().any(|pid| Identity::of(pid).is_some());
        while is_left() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        self.unwatch();
        self.thaw();
        self.identity.terminate(self.kind.stop_signal(), Duration::from_secs(30)).await?;
        self.child.wait().with_context(|| format!("cannot wait for {}", self.kind.name()))?;
        Ok(())
    }

    pub(crate) async fn restart(&mut self) -> anyhow::Result<()> {
        self.stop().await?;
        *self = Self::start(self.kind, &self.artifacts.clone(), &self.directory.clone()).await?;
        Ok(())
    }

    /// Lets what a test has frozen of it go on: until then it hears of nothing but SIGKILL, and outlives the test.
    fn thaw(&self) {
        let of_server = self.kind.processes(&self.directory).into_iter().filter_map(Identity::of);
        for process in of_server.chain([self.identity.clone()]) {
            process.signal(Signal::SIGCONT).ok();
        }
    }

    /// Ends the watcher while the server's id is still its own.
    fn unwatch(&mut self) {
        self.watcher.kill().and_then(|()| self.watcher.wait()).ok();
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.unwatch();
        self.identity.signal(self.kind.abort_signal()).ok();
        self.thaw();
        let deadline = Instant::now() + Duration::from_secs(3);
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.kill();
    }
}

/// A shell that reads from a pipe which only this process holds open. However this process ends, the pipe closes then,
/// and the shell ends the server, a frozen one too.
fn watch(kind: Kind, server: &Child) -> anyhow::Result<Child> {
    let script = "read -r _; kill -s \"$1\" \"$2\"; kill -s CONT \"$2\"";
    let signal = kind.abort_signal().as_str().trim_start_matches("SIG");
    let mut command = Command::new("sh");
    command.args(["-c", script, "watcher", signal, &server.id().to_string()]);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let watcher: io::Result<Child> = command.spawn();
    watcher.context("cannot run sh")
}
