//! `dev label`: what `cargo run` starts a function with.
//!
//! `cargo lambda watch` lets all functions write to one pipe, and a function does not say its name: this puts it before
//! each line.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getppid};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

/// Stands on both sides of a name at the beginning of a line.
const MARK: char = '\u{1f}';

/// The wait before a function that has crashed is started again: doubled after each crash in a row.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How long a function may take to end after it was asked to.
const PATIENCE: Duration = Duration::from_secs(5);

/// Between two looks whether this still has the parent that it was started by.
const LOOK: Duration = Duration::from_millis(500);

/// Runs the command until it is asked to end, or whoever started it is gone: each function is in a process group of its own, and
/// would outlive a `cargo lambda watch` that is killed. When it ends by itself it is started again, as Lambda does;
/// `cargo lambda watch` would do so only after a change of a file.
pub(crate) async fn run(command: &[OsString]) -> anyhow::Result<ExitCode> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let parent = getppid();
    let mut wait = FIRST_WAIT;
    loop {
        let started = Instant::now();
        let mut function = Function::start(command)?;
        let asked = tokio::select! {
            status = function.process.wait() => {
                let status = status.context("cannot wait for the function")?;
                function.say(&format!("It ended by itself ({status}) and is started again"));
                None
            }
            _ = interrupt.recv() => Some(Signal::SIGINT),
            _ = terminate.recv() => Some(Signal::SIGTERM),
            () = gone(parent) => Some(Signal::SIGTERM),
        };
        if let Some(asked) = asked {
            return function.end(asked).await;
        }
        wait = if started.elapsed() > LONGEST_WAIT { FIRST_WAIT } else { wait };
        tokio::select! {
            () = sleep(wait) => wait = LONGEST_WAIT.min(wait * 2),
            _ = interrupt.recv() => return Ok(ExitCode::SUCCESS),
            _ = terminate.recv() => return Ok(ExitCode::SUCCESS),
            () = gone(parent) => return Ok(ExitCode::SUCCESS),
        }
    }
}

/// Waits until another process has taken the parent's place.
async fn gone(parent: Pid) {
    while getppid() == parent {
        sleep(LOOK).await;
    }
}

/// A running function.
struct Function {
    name: String,
    process: Child,
    copies: [JoinHandle<()>; 2],
}

impl Function {
    fn start(command: &[OsString]) -> anyhow::Result<Self> {
        let (program, arguments) = command.split_first().context("there is no command to run")?;
        let name = Path::new(program).file_name().unwrap_or(program).to_string_lossy().into_owned();
        let mut process = Command::new(program)
            .args(arguments)
            // Where it says 1, it says nothing, and each function warns of it.
            .env_remove("AWS_LAMBDA_MAX_CONCURRENCY")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let out = tokio::spawn(copy(name.clone(), process.stdout.take()));
        let errors = tokio::spawn(copy(name.clone(), process.stderr.take()));
        Ok(Self { name, process, copies: [out, errors] })
    }

    /// Passes the signal on, kills the function when that is not enough, and waits until all that it said is copied.
    async fn end(mut self, signal: Signal) -> anyhow::Result<ExitCode> {
        if let Some(id) = self.process.id().and_then(|id| i32::try_from(id).ok()) {
            // It may just have ended by itself.
            let _ = kill(Pid::from_raw(id), signal);
        }
        if timeout(PATIENCE, self.process.wait()).await.is_err() {
            self.process.kill().await.context("cannot kill the function")?;
        }
        for copy in self.copies {
            copy.await?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn say(&self, line: &str) {
        write(&self.name, line);
    }
}

async fn copy(name: String, from: Option<impl AsyncRead + Unpin>) {
    let Some(from) = from else { return };
    let mut lines = BufReader::new(from);
    let mut line = Vec::new();
    while let Ok(1..) = lines.read_until(b'\n', &mut line).await {
        write(&name, String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
}

fn write(name: &str, line: &str) {
    // Whoever read the lines is gone, and so will the function be.
    let _ = std::io::stdout().lock().write_all(format!("{MARK}{name}{MARK}{line}\n").as_bytes());
}

/// The name before a line, and the rest of it.
pub(crate) fn split(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix(MARK)?.split_once(MARK)
}
