//! A process of this session, in a process group of its own: Ctrl-C reaches this program alone, which ends the others
//! in their order.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child as Process, Command};
use tokio::time::timeout;

use crate::log;

/// Ends a process group when this program is gone without a word, as when it is killed.
const WATCHDOG: &str = r#"read -r _ || { kill -s TERM -- "-$1"; sleep 5; kill -s KILL -- "-$1"; }"#;

/// A running process whose lines go to the log. Dropping it kills its group.
pub(crate) struct Child {
    name: &'static str,
    process: Process,
    group: Pid,
    watchdog: std::process::Child,
}

impl Child {
    /// Starts it.
    pub(crate) fn start(name: &'static str, mut command: Command) -> anyhow::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut process = command
            .spawn()
            .with_context(|| format!("cannot start {}: run `make setup`", command.as_std().get_program().display()))?;
        let id = process.id().and_then(|id| i32::try_from(id).ok()).context("the process has no id")?;
        follow(name, process.stdout.take());
        follow(name, process.stderr.take());
        Ok(Self { name, process, group: Pid::from_raw(id), watchdog: watchdog(id)? })
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
        if self.process.id().is_some() {
            let _ = killpg(self.group, signal);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
        if let Some(mut pipe) = self.watchdog.stdin.take() {
            // Whatever became of the watchdog, it is no longer needed.
            let _ = pipe.write_all(b"done\n");
        }
        let _ = self.watchdog.wait();
    }
}

fn watchdog(group: i32) -> anyhow::Result<std::process::Child> {
    std::process::Command::new("/bin/sh")
        .args(["-c", WATCHDOG, "sh", &group.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .context("cannot start /bin/sh, which ends what is left behind")
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
