//! Apache Kafka as a plain process: one broker that is its own controller (`KRaft`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::artifacts::Artifacts;
use crate::attached::Attached;
use crate::server::Kind;
use crate::state::open_directory;

const PROPERTIES: &str = include_str!("kafka.properties");
const LOGGING: &str = include_str!("log4j2.yaml");
const MAIN: &str = "kafka.Kafka";
/// Names the cluster in its data; the containers use the same.
const CLUSTER_ID: &str = "b25jZXdhcmQtbG9jYWwtMQ";

/// Where a broker listens on 127.0.0.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokerPorts {
    /// For clients.
    pub broker: u16,
    /// For the broker itself, as its own controller.
    pub controller: u16,
}

impl BrokerPorts {
    /// Two free ports.
    #[must_use]
    pub fn free() -> Self {
        Self { broker: crate::free_port(), controller: crate::free_port() }
    }
}

/// A private broker. Its process ends when this is dropped, and when the process that started it dies.
#[derive(Debug)]
pub struct Broker {
    attached: Attached,
    ports: BrokerPorts,
}

impl Broker {
    /// Starts a broker with its data in `directory` and waits until it answers.
    pub async fn start(artifacts: &Artifacts, directory: &Path, ports: BrokerPorts) -> anyhow::Result<Self> {
        let attached = Attached::start(Kind::Kafka { ports }, artifacts, directory).await?;
        Ok(Self { attached, ports })
    }

    /// What clients connect to.
    #[must_use]
    pub fn bootstrap(&self) -> String {
        format!("127.0.0.1:{}", self.ports.broker)
    }

    /// The broker's process id.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.attached.pid()
    }

    /// Ends it as a crash would (SIGKILL).
    pub fn kill(&mut self) {
        self.attached.kill();
    }

    /// Ends it properly and waits for that.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        self.attached.stop().await
    }

    /// Starts it again with its data, on its ports; one that still runs is stopped first.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.attached.restart().await
    }
}

/// What only the command line of the broker in `directory` holds.
pub(crate) fn mark(directory: &Path) -> String {
    format!("{MAIN} {}", properties_file(directory).display())
}

fn properties_file(directory: &Path) -> PathBuf {
    directory.join("server.properties")
}

/// Writes the configuration, formats the storage when it is new, and gives the command that starts the broker.
pub(crate) async fn command(artifacts: &Artifacts, directory: &Path, ports: BrokerPorts) -> anyhow::Result<Command> {
    open_directory(directory)?;
    let (data, properties, logging) =
        (directory.join("data"), properties_file(directory), directory.join("log4j2.yaml"));
    let text = PROPERTIES
        .replace("{broker}", &ports.broker.to_string())
        .replace("{controller}", &ports.controller.to_string())
        .replace("{data}", &data.display().to_string());
    write(&properties, &text)?;
    write(&logging, LOGGING)?;
    format_storage(artifacts, directory, &data, &properties).await?;
    let mut command = java(artifacts, &logging);
    command.args(["-Xms256m", "-Xmx512m", "-XX:+ExitOnOutOfMemoryError", MAIN]).arg(&properties).current_dir(directory);
    Ok(command)
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| {
        format!(
            "cannot write {}: run as the user whom it belongs to, or name another folder with ONCEWARD_STATE_DIR",
            path.display()
        )
    })
}

fn java(artifacts: &Artifacts, logging: &Path) -> Command {
    let mut command = Command::new(&artifacts.java);
    command.arg("-cp").arg(artifacts.kafka.join("*")).arg(format!("-Dlog4j2.configurationFile={}", logging.display()));
    command
}

/// Marks new storage as this cluster's. A mark beside the data says that it was done whole.
async fn format_storage(artifacts: &Artifacts, directory: &Path, data: &Path, properties: &Path) -> anyhow::Result<()> {
    let done = directory.join("formatted");
    if done.exists() {
        return Ok(());
    }
    if data.exists() {
        fs::remove_dir_all(data).with_context(|| format!("cannot remove the half-made {}", data.display()))?;
    }
    let mut command = java(artifacts, Path::new("off"));
    command
        .args(["-XX:TieredStopAtLevel=1", "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c"])
        .arg(properties);
    let output = tokio::process::Command::from(command).output().await;
    let output = output
        .with_context(|| format!("cannot run {}: install a JDK, version 17 or newer", artifacts.java.display()))?;
    let said = [output.stdout, output.stderr].concat();
    ensure!(
        output.status.success(),
        "cannot format Kafka's storage {}: {}",
        data.display(),
        String::from_utf8_lossy(&said).trim()
    );
    write(&done, "")
}

/// Asks for the cluster's metadata: a broker names itself there once its controller has let it in.
pub(crate) async fn answers(port: u16) -> anyhow::Result<()> {
    let mut broker = TcpStream::connect(("127.0.0.1", port)).await.context("the port is closed")?;
    broker.write_all(&metadata_request()).await.context("cannot send")?;
    let length = broker.read_u32().await.context("the connection was closed")?;
    ensure!(length < 1 << 20, "this is no Kafka broker");
    let _correlation = broker.read_u32().await?;
    let _throttle = broker.read_u32().await?;
    if broker.read_i32().await? < 1 {
        bail!("the broker has not joined its cluster yet");
    }
    Ok(())
}

/// Metadata, version 4, about no topic.
fn metadata_request() -> Vec<u8> {
    let client = b"onceward-stack";
    let mut body = Vec::new();
    body.extend([0, 3, 0, 4, 0, 0, 0, 1, 0, u8::try_from(client.len()).expect("a short name")]);
    body.extend(client);
    body.extend([0, 0, 0, 0, 0]);
    let length = u32::try_from(body.len()).expect("a short request");
    [length.to_be_bytes().to_vec(), body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_container_has_the_same_settings() {
        let compose = include_str!("../../compose.yaml").replace('"', "");
        assert!(compose.contains(CLUSTER_ID));
        // Ports and folders differ in form.
        let settings = PROPERTIES.lines().filter(|line| line.contains('=') && !line.contains('{'));
        for (name, value) in settings.filter_map(|line| line.split_once('=')) {
            let variable = format!("KAFKA_{}: {value}\n", name.replace('.', "_").to_uppercase());
            assert!(compose.contains(&variable), "compose.yaml lacks {variable}");
        }
    }
}
