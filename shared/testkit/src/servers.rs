use std::path::Path;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use settings::Environment;
use stack::Settings;
use stack::artifacts::Artifacts;

use crate::eventually;

/// The installed servers, for tests that start one of their own to kill it.
#[must_use]
pub fn artifacts() -> Artifacts {
    stack::artifacts::install(&local().artifacts()).expect("the servers are installed: run `make up`")
}

/// Stops a process where it is, as a machine that hangs does, and waits until none of its threads runs: the signal reaches them one
/// after the other. `SIGCONT` lets it go on.
pub async fn freeze(pid: i32) {
    kill(Pid::from_raw(pid), Signal::SIGSTOP).expect("the process runs");
    eventually("every thread of the process is stopped", Duration::from_secs(10), async || {
        threads(pid).iter().all(|stat| stat.contains(") T ")).then_some(())
    })
    .await;
}

/// What Linux says of the threads of a process; elsewhere nothing does.
fn threads(pid: i32) -> Vec<String> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    tasks.filter_map(|task| std::fs::read_to_string(task.path().join("stat")).ok()).collect()
}

/// The local stack of this checkout.
pub(crate) fn local() -> Settings {
    Settings::of_checkout(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("settings of the local stack")
}

/// The environment, `.env` and the local defaults.
pub(crate) fn environment() -> Environment {
    stack::environment::load(&local().root).expect("a readable .env").into_iter().collect()
}
