//! One process of a function, with everything it starts.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

use crate::LogSink;
use crate::watchdog::Watchdog;

/// A child process that leads a process group of its own; the group is killed when this is dropped.
pub(crate) struct Process {
    child: Child,
    group: Pid,
    watchdog: Arc<Watchdog>,
}

impl Process {
    pub(crate) fn spawn<'a>(
        binary: &Path,
        variables: impl IntoIterator<Item = (&'a str, &'a str)>,
        name: &str,
        log: &LogSink,
        watchdog: &Arc<Watchdog>,
    ) -> std::io::Result<Self> {
        let mut child = Command::new(binary)
            .env_clear()
            .envs(variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        let group = Pid::from_raw(id.ok_or_else(|| std::io::Error::other("the process has no id"))?);
        watchdog.watch(group.as_raw());
        child.stdout.take().into_iter().for_each(|stream| log.follow(name, stream));
        child.stderr.take().into_iter().for_each(|stream| log.follow(name, stream));
        Ok(Self { child, group, watchdog: Arc::clone(watchdog) })
    }

    pub(crate) fn id(&self) -> i32 {
        self.group.as_raw()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for the process to end and says how it did. May be dropped and called again.
    pub(crate) async fn exit(&mut self) -> String {
        match self.child.wait().await {
            Ok(status) => describe(status),
            Err(error) => format!("its state is unknown: {error}"),
        }
    }

    /// Asks the process to end, and kills it when it has not within `grace`.
    pub(crate) async fn stop(mut self, grace: Duration) {
        // An error means that the group is gone already.
        let _ = killpg(self.group, Signal::SIGTERM);
        if tokio::time::timeout(grace, self.child.wait()).await.is_err() {
            tracing::warn!(pid = self.id(), "A function ignores SIGTERM and is killed");
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error means that the group is gone already.
        let _ = killpg(self.group, Signal::SIGKILL);
        self.watchdog.forget(self.group.as_raw());
    }
}

fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => {
            let name = Signal::try_from(signal).map_or_else(|_| signal.to_string(), |signal| signal.to_string());
            format!("signal: {name}")
        }
        (None, None) => status.to_string(),
    }
}
