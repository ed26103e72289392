//! A whole stack of a test's own: the built command with its own state directory and ports.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use stack::{Settings, free_port};

/// The checkout that these tests are part of.
pub fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The folder with the installed servers of the checkout.
pub fn installed() -> PathBuf {
    let environment = stack::environment::load(&checkout()).unwrap().into_iter().collect();
    let folder = Settings::new(checkout(), &environment).unwrap().artifacts();
    stack::artifacts::install(&folder).unwrap();
    folder
}

/// Sends a signal to a process that the test started.
pub fn signal(pid: i32, signal: Signal) {
    kill(Pid::from_raw(pid), signal).unwrap();
}

/// The command on its own state and ports.
pub struct Stack {
    command: Vec<String>,
    pub directory: PathBuf,
    pub postgres: u16,
    pub kafka: u16,
    controller: u16,
    cleaner: Option<Child>,
}

impl Stack {
    /// A stack whose `command` starts with these words, such as the path of the built program.
    pub fn new(command: &[&str]) -> Self {
        let directory = stack::scratch().unwrap().keep();
        symlink(installed(), directory.join("artifacts")).unwrap();
        let mut stack = Self {
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            directory,
            postgres: free_port(),
            kafka: free_port(),
            controller: free_port(),
            cleaner: None,
        };
        stack.cleaner = Some(stack.clean_up_at_the_end());
        stack
    }

    /// A shell that waits for the end of a pipe: however the test ends, it takes the stack down and removes its folder.
    fn clean_up_at_the_end(&self) -> Child {
        let mut shell = Command::new("sh");
        shell.args(["-c", "read -r _; \"$@\" down; rm -rf \"$ONCEWARD_STATE_DIR\"", "cleaner"]).args(&self.command);
        // Ctrl-C in the terminal is not for it.
        shell.process_group(0);
        self.environment(&mut shell).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        shell.spawn().unwrap()
    }

    fn environment<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("ONCEWARD_STACK", "processes")
            .env("ONCEWARD_STATE_DIR", &self.directory)
            .env("ONCEWARD_POSTGRES_PORT", self.postgres.to_string())
            .env("ONCEWARD_KAFKA_PORT", self.kafka.to_string())
            .env("ONCEWARD_KAFKA_CONTROLLER_PORT", self.controller.to_string())
            .current_dir(checkout())
    }

    /// One of its commands, not started yet.
    pub fn prepare(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        self.environment(&mut command);
        command
    }

    /// Runs one of its commands to the end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.prepare(arguments).output().unwrap()
    }

    /// Runs one of its commands, which must succeed.
    pub fn must(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output));
        text(&output)
    }

    /// The process id that it keeps for a server.
    pub fn pid(&self, server: &str) -> i32 {
        let kept: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(self.pid_file(server)).unwrap()).unwrap();
        kept["pid"].as_i64().unwrap().try_into().unwrap()
    }

    pub fn pid_file(&self, server: &str) -> PathBuf {
        self.directory.join("run").join(format!("{server}.pid"))
    }
}

/// Everything that a command wrote.
pub fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

impl Drop for Stack {
    fn drop(&mut self) {
        if let Some(mut cleaner) = self.cleaner.take() {
            drop(cleaner.stdin.take());
            cleaner.wait().unwrap();
        }
    }
}
