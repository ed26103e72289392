use std::process::ExitCode;

use indicatif::ProgressBar;
use tokio::signal::ctrl_c;
use tokio::signal::unix::{SignalKind, signal};

use super::say;

/// As a shell reports a program that Ctrl-C has ended.
const INTERRUPTED: u8 = 130;

/// How a command comes to its end.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ending {
    /// By itself.
    Done(ExitCode),
    /// By Ctrl-C.
    Interrupted,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Done(code) => code,
            Ending::Interrupted => Self::from(INTERRUPTED),
        }
    }
}

/// Does this until it is done or Ctrl-C, and then says what somebody may do.
pub(super) async fn until_interrupted(
    work: impl Future<Output = anyhow::Result<ExitCode>>,
    advice: &str,
) -> anyhow::Result<Ending> {
    tokio::select! {
        code = work => code.map(Ending::Done),
        interrupted = ctrl_c() => {
            interrupted?;
            say(advice);
            Ok(Ending::Interrupted)
        }
    }
}

/// Comes back with the second Ctrl-C. The first one asks to stop, and is said above the bar.
pub(super) async fn interrupted_twice(bar: &ProgressBar, stop: impl FnOnce()) -> anyhow::Result<()> {
    let mut interrupts = signal(SignalKind::interrupt())?;
    interrupts.recv().await;
    stop();
    bar.suspend(|| say("Stopping: what was held back still goes out. Ctrl-C once more ends at once."));
    interrupts.recv().await;
    Ok(())
}
