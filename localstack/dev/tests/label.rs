//! `dev label`, which each function is started with.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Says its process id; crashes the first time, and waits afterwards.
const FUNCTION: &str = "#!/bin/sh
echo $$
[ -e \"$0.ran\" ] || { touch \"$0.ran\"; exit 3; }
exec sleep 60
";

/// Ends with its process, however the test ends.
struct Label(Child);

impl Drop for Label {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_crashed_function_is_started_again_and_ends_with_its_label() {
    let folder = tempfile::tempdir().unwrap();
    let function = folder.path().join("a-function");
    std::fs::write(&function, FUNCTION).unwrap();
    std::fs::set_permissions(&function, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_dev"));
    let mut label = Label(command.arg("label").arg(&function).stdout(Stdio::piped()).spawn().unwrap());

    let mut lines = BufReader::new(label.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut next = || lines.next().unwrap().strip_prefix("\u{1f}a-function\u{1f}").unwrap().to_owned();
    let (one, other) = (next(), next());
    let (said, second) = if one.starts_with("It ended") { (one, next()) } else { (other, next()) };
    assert!(said.contains("exit status: 3"), "{said}");

    kill(Pid::from_raw(i32::try_from(label.0.id()).unwrap()), Signal::SIGTERM).unwrap();
    wait_for("the label ends", || label.0.try_wait().unwrap().is_some());
    let function = Pid::from_raw(second.parse().unwrap());
    assert!(kill(function, None).is_err(), "the function outlives its label");
}

#[test]
fn a_function_ends_when_whoever_started_its_label_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let function = folder.path().join("a-function");
    std::fs::write(&function, FUNCTION).unwrap();
    std::fs::set_permissions(&function, std::fs::Permissions::from_mode(0o755)).unwrap();
    // It has not crashed yet, and shall not.
    std::fs::write(folder.path().join("a-function.ran"), "").unwrap();
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "\"$0\" label \"$1\" & wait", env!("CARGO_BIN_EXE_dev")]).arg(&function).stdout(Stdio::piped());
    let mut watch = Label(shell.spawn().unwrap());
    let mut lines = BufReader::new(watch.0.stdout.take().unwrap()).lines();
    let said = lines.next().unwrap().unwrap();
    let function = Pid::from_raw(said.rsplit('\u{1f}').next().unwrap().parse().unwrap());

    watch.0.kill().unwrap();
    wait_for("the function ends", || kill(function, None).is_err());
}

fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
