//! A process of this session, in a process group of its own: Ctrl-C reaches this program alone, which ends the others
//! in their order.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child as Process, Command};
use tokio::time::timeout;

use crate::log;

/// A running process whose lines go to the log. Dropping it kills its group.
pub(crate) struct Child {
    name: &'static str,
    process: Process,
    group: Option<Pid>,
}

impl Child {
    /// Starts it.
    pub(crate) fn start(name: &'static str, mut command: Command) -> anyhow::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut process = command
            .spawn()
            .with_context(|| format!("cannot start {}: run `make setup`", command.as_std().get_program().display()))?;
        let group = process.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        follow(name, process.stdout.take());
        follow(name, process.stderr.take());
        Ok(Self { name, process, group })
    }

    /// Waits until it ends by itself, and says how it did.
    pub(crate) async fn ended(&mut self) -> anyhow::Result<String> {
        let status: ExitStatus = self.process.wait().await.with_context(|| format!("cannot wait for {}", self.name))?;
        Ok(format!("{} ended with {status}", self.name))
    }

    /// Asks it to end, and kills its group when it does not in time.
    pub(crate) async fn stop(&mut self, patience: Duration) {
        self.signal(Signal::SIGTERM);
        if timeout(patience, self.process.wait()).await.is_err() {
            log::show("dev", &format!("{} does not end within {} s and is killed", self.name, patience.as_secs()));
            self.signal(Signal::SIGKILL);
            // A killed process ends.
            let _ = self.process.wait().await;
        }
    }

    fn signal(&self, signal: Signal) {
        // The id of a process that has been waited for may be another's by now.
        if let (Some(group), Some(_)) = (self.group, self.process.id()) {
            let _ = killpg(group, signal);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
    }
}

fn follow(name: &'static str, stream: Option<impl AsyncRead + Unpin + Send + 'static>) {
    let Some(stream) = stream else { return };
    tokio::spawn(async move {
        let mut lines = BufReader::new(stream);
        let mut line = Vec::new();
        while let Ok(1..) = lines.read_until(b'\n', &mut line).await {
            log::show(name, String::from_utf8_lossy(&line).trim_end());
            line.clear();
        }
    });
}
