//! The commands, each safe to repeat.

mod down;
mod prepare;
mod status;
mod up;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use crate::commands::prepare::Servers;
use crate::kafka::BrokerPorts;
use crate::process::{self, Identity};
use crate::record::{self, Record};
use crate::server::Kind;
use crate::settings::Settings;
use crate::{artifacts, lock};

/// What `stack` can be asked to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Fetch the servers, once
    Install,
    /// Start what does not run, make topics and tables, and say where everything listens
    Up,
    /// Stop what `up` started
    Down {
        /// Remove the data too
        #[arg(long, conflicts_with = "only")]
        wipe: bool,
        /// This server alone; `up` starts it again
        #[arg(long, value_name = "SERVER", value_parser = ["kafka", "postgres"])]
        only: Option<String>,
    },
    /// Say what runs; ends with 1 where something does not
    Status,
    /// Apply the migrations to the database of `OWNER_DATABASE_URL`
    Migrate,
    /// Make roles, database, tables (as `OWNER_DATABASE_URL`) and topics on servers that somebody else runs
    Prepare {
        /// PostgreSQL, as its superuser and without a database: <postgres://postgres@host:5432>
        #[arg(long)]
        server: String,
        /// Kafka's bootstrap servers, separated by commas
        #[arg(long)]
        bootstrap: String,
    },
}

/// Runs one command.
pub async fn run(command: Command, settings: &Settings) -> anyhow::Result<ExitCode> {
    if let Some(reason) = &settings.state.moved_because {
        crate::say::say(&format!("{reason}, so the stack lives in {}", settings.state.directory.display()));
    }
    match command {
        Command::Install => {
            artifacts::install(&settings.state.artifacts())?;
        }
        Command::Up => {
            let _alone = lock::take(&settings.state.run())?;
            up::up(settings).await?;
        }
        Command::Down { wipe, only } => {
            let _alone = lock::take(&settings.state.run())?;
            match only {
                Some(server) => down::only(settings, &server).await?,
                None => down::down(settings, wipe).await?,
            }
        }
        Command::Status => return status::status(settings).await,
        Command::Migrate => {
            let applied = store::migrate(&settings.owner_database_url).await?;
            crate::say::answer(&prepare::applied_line(&applied));
        }
        Command::Prepare { server, bootstrap } => {
            let owner = &settings.owner_database_url;
            prepare::prepare(settings, Servers { postgres: &server, owner, kafka: &bootstrap }).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Both servers, with their ports.
fn servers(settings: &Settings) -> [Kind; 2] {
    let ports = BrokerPorts { broker: settings.kafka_port, controller: settings.controller_port };
    [Kind::Postgres { port: settings.postgres_port }, Kind::Kafka { ports }]
}

/// The living server of this state directory: the recorded one, or one whose process id file was lost.
fn ours(settings: &Settings, kind: Kind) -> Option<Record> {
    let lost = || {
        let mark = kind.mark(&directory(settings, kind));
        let identity = Identity::of(process::with_command_line(&mark)?)?;
        Some(Record { identity, port: kind.port(), version: kind.version().to_owned() })
    };
    record::living(&settings.state.run(), kind.key()).or_else(lost)
}

/// Where a server keeps what it has.
fn directory(settings: &Settings, kind: Kind) -> PathBuf {
    settings.state.directory.join(kind.key())
}
