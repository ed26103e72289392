//! One process of a function, with everything it starts.

use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

use crate::blueprint::Blueprint;
use crate::watchdog::Watchdog;

/// A child process that leads a process group of its own; the group is killed when this is dropped.
pub(crate) struct Process {
    child: Child,
    group: Pid,
    watchdog: Arc<Watchdog>,
}

impl Process {
    /// Starts a process that polls at this address.
    pub(crate) fn spawn(blueprint: &Blueprint, runtime_api: &str) -> std::io::Result<Self> {
        let mut child = Command::new(&blueprint.binary)
            .env_clear()
            .envs(blueprint.variables_with(runtime_api))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        let group = Pid::from_raw(id.ok_or_else(|| std::io::Error::other("the process has no id"))?);
        let watchdog = Arc::clone(&blueprint.watchdog);
        watchdog.watch(group.as_raw());
        let (name, log, figures) = (&blueprint.function.name, &blueprint.log, &blueprint.figures);
        child.stdout.take().into_iter().for_each(|stream| log.follow(name, figures, stream));
        child.stderr.take().into_iter().for_each(|stream| log.follow(name, figures, stream));
        Ok(Self { child, group, watchdog })
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

    /// Stops every thread of the group where it is.
    pub(crate) fn freeze(&self) {
        self.send(Signal::SIGSTOP);
    }

    /// Lets the group go on; one that is not frozen does not notice.
    pub(crate) fn thaw(&self) {
        self.send(Signal::SIGCONT);
    }

    /// Kills the group, frozen or not, and waits until its leader is gone.
    pub(crate) async fn kill(&mut self) {
        self.send(Signal::SIGKILL);
        // An error means that it was waited for before.
        let _ = self.child.wait().await;
    }

    /// Asks the process to end, and kills it when it has not within `grace`. A frozen one hears it when it is thawed.
    pub(crate) async fn stop(mut self, grace: Duration) {
        self.send(Signal::SIGTERM);
        self.thaw();
        if tokio::time::timeout(grace, self.child.wait()).await.is_err() {
            tracing::warn!(pid = self.id(), "A function ignores SIGTERM and is killed");
        }
    }

    fn send(&self, signal: Signal) {
        // An error means that the group is gone already.
        let _ = killpg(self.group, signal);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.send(Signal::SIGKILL);
        self.watchdog.forget(self.group.as_raw());
    }
}

fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => format!("signal: {}", name(signal)),
        (None, None) => status.to_string(),
    }
}

/// The usual ones as Lambda names them.
fn name(signal: i32) -> String {
    match Signal::try_from(signal) {
        Ok(Signal::SIGKILL) => "killed".to_owned(),
        Ok(Signal::SIGTERM) => "terminated".to_owned(),
        Ok(Signal::SIGABRT) => "aborted".to_owned(),
        Ok(Signal::SIGSEGV) => "segmentation fault".to_owned(),
        Ok(signal) => signal.to_string(),
        Err(_) => signal.to_string(),
    }
}
