//! Ends the functions when the host is killed and can no longer do it itself.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;

/// Reads which process groups live from a pipe, and kills them when the pipe ends: the kernel closes it with the host,
/// however that dies.
const SCRIPT: &str = r#"
groups=
while read -r change group; do
    rest=
    for known in $groups; do
        [ "$known" = "$group" ] || rest="$rest $known"
    done
    groups=$rest
    [ "$change" = - ] || groups="$groups $group"
done
for group in $groups; do
    kill -s KILL -- "-$group" 2>/dev/null
done
"#;

/// A shell in a process group of its own, so that Ctrl-C in a terminal does not reach it before its work.
pub(crate) struct Watchdog {
    shell: Child,
    pipe: Mutex<Option<ChildStdin>>,
}

impl Watchdog {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let mut shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT])
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("cannot start /bin/sh, which ends the functions should the host be killed")?;
        let pipe = Mutex::new(shell.stdin.take());
        Ok(Self { shell, pipe })
    }

    pub(crate) fn watch(&self, group: i32) {
        self.tell('+', group);
    }

    pub(crate) fn forget(&self, group: i32) {
        self.tell('-', group);
    }

    fn tell(&self, change: char, group: i32) {
        let mut pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = pipe.as_mut() else { return };
        if let Err(error) = open.write_all(format!("{change} {group}\n").as_bytes()) {
            tracing::warn!(%error, "The watchdog is gone: functions may outlive the host should it be killed");
            *pipe = None;
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.pipe.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Err(error) = self.shell.wait() {
            tracing::warn!(%error, "Cannot wait for the watchdog");
        }
    }
}
