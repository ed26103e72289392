//! Processes, told apart by more than an id that is given again.

use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use nix::errno::Errno;
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

/// A process: its id, and when it started, as ids are given again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Process id.
    pub pid: i32,
    /// When it started, in the words of the system that it runs on.
    pub started: String,
}

impl Identity {
    /// The living process with this id; a zombie is dead.
    #[must_use]
    pub fn of(pid: i32) -> Option<Self> {
        let started = if Path::new("/proc/self/stat").exists() { started_linux(pid) } else { started_elsewhere(pid) };
        Some(Self { pid, started: started? })
    }

    /// Whether exactly this process still lives.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        Self::of(self.pid).as_ref() == Some(self)
    }

    /// Sends `signal` if the process still lives.
    pub(crate) fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        if !self.is_alive() {
            return Ok(());
        }
        match signal::kill(Pid::from_raw(self.pid), signal) {
            Ok(()) | Err(Errno::ESRCH) => Ok(()),
            Err(Errno::EPERM) => bail!("process {} belongs to another user: stop it as that user", self.pid),
            Err(error) => Err(error).with_context(|| format!("cannot send {signal} to process {}", self.pid)),
        }
    }

    /// Asks with `signal`, waits for `patience`, then kills.
    pub(crate) async fn terminate(&self, signal: Signal, patience: Duration) -> anyhow::Result<()> {
        self.signal(signal)?;
        if !self.ended_within(patience).await {
            self.signal(Signal::SIGKILL)?;
            if !self.ended_within(Duration::from_secs(10)).await {
                bail!("process {} does not end, even killed", self.pid);
            }
        }
        Ok(())
    }

    async fn ended_within(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        while self.is_alive() {
            if Instant::now() > deadline {
                return false;
            }
            sleep(Duration::from_millis(20)).await;
        }
        true
    }
}

/// Clock ticks since the boot that is named beside them.
fn started_linux(pid: i32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before the last parenthesis may itself hold spaces and parentheses.
    let (_, after_name) = stat.rsplit_once(')')?;
    let fields: Vec<_> = after_name.split_ascii_whitespace().collect();
    // A killed process is a zombie at once; while some of its threads still end, its ports are not free.
    let threads = || fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count);
    let dead = matches!(*fields.first()?, "Z" | "X") && threads() < 2;
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    (!dead).then_some(format!("{}@{}", fields.get(19)?, boot.trim()))
}

fn started_elsewhere(pid: i32) -> Option<String> {
    let line = ps(pid, "stat=,lstart=")?;
    let (stat, started) = line.split_once(' ')?;
    (!stat.starts_with('Z')).then(|| started.trim().to_owned())
}

fn ps(pid: i32, columns: &str) -> Option<String> {
    let found = Command::new("ps").args(["-o", columns, "-p", &pid.to_string()]).env("LC_ALL", "C").output().ok()?;
    let line = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    (!line.is_empty()).then_some(line)
}

/// The process whose command line holds `mark`.
pub(crate) fn with_command_line(mark: &str) -> Option<i32> {
    if Path::new("/proc/self/stat").exists() {
        return all().find(|pid| command_line(*pid).is_some_and(|line| line.contains(mark)));
    }
    let listed = Command::new("ps").args(["-axww", "-o", "pid=,command="]).output().ok()?;
    let text = String::from_utf8_lossy(&listed.stdout);
    text.lines().find(|line| line.contains(mark))?.split_ascii_whitespace().next()?.parse().ok()
}

/// Every process that Linux shows.
pub(crate) fn all() -> impl Iterator<Item = i32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The living processes whose working directory is `folder`, as far as Linux shows them.
pub(crate) fn working_in(folder: &Path) -> Vec<i32> {
    all().filter(|pid| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|place| place == folder)).collect()
}

/// The short name of a process.
pub(crate) fn name(pid: i32) -> Option<String> {
    let linux = fs::read_to_string(format!("/proc/{pid}/comm")).ok();
    linux.map(|name| name.trim().to_owned()).or_else(|| ps(pid, "comm="))
}

/// The command line of a process, its arguments apart by spaces.
pub(crate) fn command_line(pid: i32) -> Option<String> {
    let linux = fs::read_to_string(format!("/proc/{pid}/cmdline")).ok();
    linux.map(|line| line.replace('\0', " ")).or_else(|| ps(pid, "command="))
}

/// Starts a server apart from this terminal: Ctrl-C does not reach it, and it outlives us. Its output goes to `log`.
pub(crate) fn spawn(mut command: Command, log: &Path) -> anyhow::Result<Child> {
    keep_small(log).with_context(|| format!("cannot keep the log {} small", log.display()))?;
    let open = || {
        File::options()
            .create(true)
            .append(true)
            .open(log)
            .with_context(|| format!("cannot write the log {}", log.display()))
    };
    let program = command.get_program().to_owned();
    command.stdin(Stdio::null()).stdout(open()?).stderr(open()?).process_group(0);
    command.spawn().with_context(|| format!("cannot start {}", Path::new(&program).display()))
}

/// One older log is kept beside the current one.
fn keep_small(log: &Path) -> io::Result<()> {
    const LARGE_BYTES: u64 = 16 << 20;
    match fs::metadata(log) {
        Ok(found) if found.len() > LARGE_BYTES => fs::rename(log, log.with_extension("log.old")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_killed_child_that_nobody_waited_for_is_dead() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let identity = Identity::of(i32::try_from(child.id()).unwrap()).unwrap();
        assert!(identity.is_alive());
        child.kill().unwrap();
        let deadline = std::time::Instant::now() + Duration::from_secs(5);
        while identity.is_alive() {
            assert!(std::time::Instant::now() < deadline, "a zombie counts as alive");
        }
        child.wait().unwrap();
    }

    #[test]
    fn another_process_of_the_same_id_is_not_it() {
        let ours = Identity::of(i32::try_from(std::process::id()).unwrap()).unwrap();
        assert!(!Identity { started: "earlier".into(), ..ours }.is_alive());
    }

    #[test]
    fn a_process_is_told_apart_without_proc_too() {
        let pid = i32::try_from(std::process::id()).unwrap();
        assert_eq!(started_elsewhere(pid), started_elsewhere(pid));
        assert!(started_elsewhere(pid).unwrap().contains(':'));
    }
}
