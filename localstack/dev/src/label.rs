//! `dev label`: what `cargo run` starts a function with.
//!
//! `cargo lambda watch` lets all functions write to one pipe, and a function does not say its name.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::process::{ExitCode, Stdio};

use anyhow::Context as _;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

/// Stands on both sides of a name at the beginning of a line.
const MARK: char = '\u{1f}';

/// Runs the command until it ends, and ends as it does.
pub(crate) async fn run(command: &[OsString]) -> anyhow::Result<ExitCode> {
    let (program, arguments) = command.split_first().context("there is no command to run")?;
    let name = Path::new(program).file_name().unwrap_or(program).to_string_lossy().into_owned();
    let mut child = Command::new(program)
        .args(arguments)
        // Where it says 1, it says nothing, and each function warns of it.
        .env_remove("AWS_LAMBDA_MAX_CONCURRENCY")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let out = tokio::spawn(copy(name.clone(), child.stdout.take()));
    let errors = tokio::spawn(copy(name, child.stderr.take()));
    let status = until_it_ends(&mut child).await?;
    out.await?;
    errors.await?;
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}

/// Waits for the end, and passes on the signals that ask for it.
async fn until_it_ends(child: &mut Child) -> anyhow::Result<std::process::ExitStatus> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    loop {
        let passed_on = tokio::select! {
            status = child.wait() => return status.context("cannot wait for the function"),
            _ = interrupt.recv() => Signal::SIGINT,
            _ = terminate.recv() => Signal::SIGTERM,
        };
        if let Some(id) = child.id().and_then(|id| i32::try_from(id).ok()) {
            // It may just have ended by itself.
            let _ = kill(Pid::from_raw(id), passed_on);
        }
    }
}

async fn copy(name: String, from: Option<impl AsyncRead + Unpin>) {
    let Some(from) = from else { return };
    let mut lines = BufReader::new(from);
    let mut line = Vec::new();
    while let Ok(1..) = lines.read_until(b'\n', &mut line).await {
        let text = String::from_utf8_lossy(&line);
        let labelled = format!("{MARK}{name}{MARK}{}\n", text.trim_end());
        // Whoever read them is gone, and so will the function be.
        let _ = std::io::stdout().lock().write_all(labelled.as_bytes());
        line.clear();
    }
}

/// The name before a line, and the rest of it.
pub(crate) fn split(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix(MARK)?.split_once(MARK)
}
