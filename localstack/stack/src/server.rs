//! What the two servers have in common: started, waited for, stopped.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use anyhow::{Context, bail};
use nix::sys::signal::Signal;
use tokio::time::{Instant, sleep, timeout};

use crate::artifacts::{self, Artifacts};
use crate::kafka::{self, BrokerPorts};
use crate::postgres;
use crate::process::{self, Identity};
use crate::say::say;

/// How long a server may take to answer: the slowest laptop, recovering after a crash.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// One of the servers and where it listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Postgres { port: u16 },
    Kafka { ports: BrokerPorts },
}

impl Kind {
    /// Names its folder, process id file and log.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Postgres { .. } => "postgres",
            Self::Kafka { .. } => "kafka",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Postgres { .. } => "PostgreSQL",
            Self::Kafka { .. } => "Kafka",
        }
    }

    pub(crate) fn version(self) -> &'static str {
        artifacts::version(match self {
            Self::Postgres { .. } => "postgres.version",
            Self::Kafka { .. } => "kafka.version",
        })
    }

    /// The port that clients use.
    pub(crate) fn port(self) -> u16 {
        match self {
            Self::Postgres { port } => port,
            Self::Kafka { ports } => ports.broker,
        }
    }

    /// Every port that it needs, with the setting that moves it.
    pub(crate) fn ports(self) -> Vec<(u16, &'static str)> {
        match self {
            Self::Postgres { port } => vec![(port, "ONCEWARD_POSTGRES_PORT")],
            Self::Kafka { ports } => {
                vec![(ports.broker, "ONCEWARD_KAFKA_PORT"), (ports.controller, "ONCEWARD_KAFKA_CONTROLLER_PORT")]
            }
        }
    }

    /// The signal that ends it properly. PostgreSQL would wait for its clients on SIGTERM; SIGINT ends their sessions.
    pub(crate) fn stop_signal(self) -> Signal {
        match self {
            Self::Postgres { .. } => Signal::SIGINT,
            Self::Kafka { .. } => Signal::SIGTERM,
        }
    }

    /// The signal that ends it now. Only PostgreSQL has shared memory to give back.
    pub(crate) fn abort_signal(self) -> Signal {
        match self {
            Self::Postgres { .. } => Signal::SIGQUIT,
            Self::Kafka { .. } => Signal::SIGKILL,
        }
    }

    /// The processes beside the server's own: PostgreSQL has one for each connection, which outlives a killed server.
    pub(crate) fn processes(self, directory: &Path) -> Vec<i32> {
        match self {
            Self::Postgres { .. } => process::working_in(&postgres::data(directory)),
            Self::Kafka { .. } => Vec::new(),
        }
    }

    /// What only the command line of this server in `directory` holds.
    pub(crate) fn mark(self, directory: &Path) -> String {
        match self {
            Self::Postgres { .. } => postgres::mark(directory),
            Self::Kafka { .. } => kafka::mark(directory),
        }
    }

    async fn command(self, artifacts: &Artifacts, directory: &Path) -> anyhow::Result<Command> {
        match self {
            Self::Postgres { port } => postgres::command(artifacts, directory, port).await,
            Self::Kafka { ports } => kafka::command(artifacts, directory, ports).await,
        }
    }

    /// Whether it does its work: a query, a broker that is a member of its cluster.
    pub(crate) async fn answers(self) -> anyhow::Result<()> {
        let question = async {
            match self {
                Self::Postgres { port } => postgres::answers(port).await,
                Self::Kafka { ports } => kafka::answers(ports.broker).await,
            }
        };
        timeout(Duration::from_secs(2), question).await.context("no answer within 2 s")?
    }

    /// Starts the process; it may take a while before it answers.
    pub(crate) async fn start(
        self,
        artifacts: &Artifacts,
        directory: &Path,
        log: &Path,
    ) -> anyhow::Result<(Child, Identity)> {
        let command = self.command(artifacts, directory).await?;
        let mut child = process::spawn(command, log)?;
        let pid = i32::try_from(child.id()).context("a process id beyond the system's range")?;
        let Some(identity) = Identity::of(pid) else {
            let status = child.wait().with_context(|| format!("cannot wait for {}", self.name()))?;
            bail!("{} ended at once ({status}); {}", self.name(), tail(log));
        };
        Ok((child, identity))
    }

    /// Waits until the server answers; fails when its process ends or the time is up.
    pub(crate) async fn wait(self, identity: &Identity, log: &Path, patience: Duration) -> anyhow::Result<()> {
        let began = Instant::now();
        let mut said = began;
        loop {
            let ended = !identity.is_alive();
            let Err(reason) = self.answers().await else {
                return Ok(());
            };
            if ended {
                bail!("{} ended before it answered; {}", self.name(), tail(log));
            }
            if began.elapsed() > patience {
                bail!("{} does not answer after {} s ({reason:#}); {}", self.name(), patience.as_secs(), tail(log));
            }
            if said.elapsed() > Duration::from_secs(5) {
                said = Instant::now();
                say(&format!("  waiting for {} ({} s)", self.name(), began.elapsed().as_secs()));
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// The end of a server's log, and what to do about it.
fn tail(log: &Path) -> String {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    let last = lines[lines.len().saturating_sub(15)..].join("\n  ");
    format!(
        "its log {} ends with\n  {last}\ncorrect what it names and run `make up` again; `make down WIPE=1` begins anew without the data",
        log.display()
    )
}
