//! The real program, as a process.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

/// A process of it, which ends with its value.
pub struct Program {
    child: Child,
    folder: TempDir,
}

impl Program {
    /// Starts it with this template, against the broker of `make up`.
    pub fn start(template: &str, endpoint: &str) -> Self {
        Self::start_at(&testkit::bootstrap(), template, endpoint, &[])
    }

    pub fn start_at(bootstrap: &str, template: &str, endpoint: &str, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("template.yaml");
        std::fs::write(&path, template).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_event-source"))
            .args(["--endpoint", endpoint, "--bootstrap", bootstrap, "--template"])
            .arg(path)
            .args(more)
            .stdout(File::create(log(folder.path())).unwrap())
            .spawn()
            .unwrap();
        Self { child, folder }
    }

    /// All that it has written.
    pub fn log(&self) -> String {
        std::fs::read_to_string(log(self.folder.path())).unwrap()
    }

    /// How often a line of its log has this text.
    pub fn said(&self, text: &str) -> usize {
        self.log().lines().filter(|line| line.contains(text)).count()
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    /// Ends it by a signal.
    pub fn end(&mut self, signal: Signal) -> ExitStatus {
        self.signal(signal);
        self.wait()
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn log(folder: &Path) -> std::path::PathBuf {
    folder.join("log")
}

/// A function and its mappings: topic, group.
pub type FunctionOf<'a> = (&'a str, &'a [(&'a str, &'a str)]);

/// A template of these functions, whose batches have up to `batch_size` records and wait for none.
pub fn template_of(functions: &[FunctionOf<'_>], batch_size: usize) -> String {
    let mut text =
        "AWSTemplateFormatVersion: '2010-09-09'\nTransform: AWS::Serverless-2016-10-31\nResources:\n".to_owned();
    let topics: BTreeSet<&str> =
        functions.iter().flat_map(|(_, mappings)| *mappings).map(|(topic, _)| *topic).collect();
    for (number, topic) in topics.into_iter().enumerate() {
        let resource = format!(
            "  Topic{number}:
    Type: AWS::MSK::Topic
    Properties:
      TopicName: {topic}
      PartitionCount: 2
      ReplicationFactor: 3
"
        );
        text.push_str(&resource);
    }
    for (number, (function, mappings)) in functions.iter().enumerate() {
        let head = format!(
            "  Function{number}:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: {function}
      Timeout: 10
      Events:
"
        );
        text.push_str(&head);
        for (number, (topic, group)) in mappings.iter().enumerate() {
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                "        Records{number}:
          Type: MSK
          Properties:
            Topics: [{topic}]
            ConsumerGroupId: {group}
            StartingPosition: TRIM_HORIZON
            BatchSize: {batch_size}
            MaximumBatchingWindowInSeconds: 0
"
            );
        }
    }
    text
}

/// A template of `consumer` with one mapping, whose group is the topic's own.
pub fn template(topic: &str) -> String {
    template_of(&[("consumer", &[(topic, topic)])], 10)
}
