//! What the commands need to know.

use std::path::{Path, PathBuf};

use ::settings::Environment;

use crate::environment;
use crate::postgres;
use crate::state::{self, State};

/// Where the stack lives and how it is reached; every part has a default.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The checkout.
    pub root: PathBuf,
    /// Port of PostgreSQL on 127.0.0.1 (`ONCEWARD_POSTGRES_PORT`).
    pub postgres_port: u16,
    /// Port of the Kafka broker on 127.0.0.1 (`ONCEWARD_KAFKA_PORT`).
    pub kafka_port: u16,
    /// Port of the Kafka controller on 127.0.0.1 (`ONCEWARD_KAFKA_CONTROLLER_PORT`).
    pub controller_port: u16,
    /// Port on 127.0.0.1 where `make dev` serves the functions (`ONCEWARD_HTTP_PORT`).
    pub http_port: u16,
    /// Port on 127.0.0.1 where `make monitor` lets Prometheus listen (`ONCEWARD_PROMETHEUS_PORT`).
    pub prometheus_port: u16,
    /// Never ask for a Docker engine (`ONCEWARD_STACK=processes`).
    pub processes_only: bool,
    /// What `stack migrate` connects to (`OWNER_DATABASE_URL`).
    pub owner_database_url: String,
    pub(crate) state: State,
}

impl Settings {
    /// Reads the settings of the checkout `root`; an invalid one is an error that names it.
    pub fn new(root: PathBuf, variables: &Environment) -> anyhow::Result<Self> {
        let postgres_port = variables.parsed("ONCEWARD_POSTGRES_PORT", environment::POSTGRES_PORT)?;
        let local = postgres::url(postgres_port, "onceward", "onceward_owner");
        Ok(Self {
            state: state::choose(&root, variables.optional("ONCEWARD_STATE_DIR"))?,
            postgres_port,
            kafka_port: variables.parsed("ONCEWARD_KAFKA_PORT", environment::KAFKA_PORT)?,
            controller_port: variables.parsed("ONCEWARD_KAFKA_CONTROLLER_PORT", environment::CONTROLLER_PORT)?,
            http_port: variables.parsed("ONCEWARD_HTTP_PORT", environment::HTTP_PORT)?,
            prometheus_port: variables.parsed("ONCEWARD_PROMETHEUS_PORT", environment::PROMETHEUS_PORT)?,
            processes_only: variables.optional("ONCEWARD_STACK") == Some("processes"),
            owner_database_url: variables.optional("OWNER_DATABASE_URL").map_or(local, str::to_owned),
            root,
        })
    }

    /// The settings of the nearest checkout around `here`, from the environment and its `.env`.
    pub fn of_checkout(here: &Path) -> anyhow::Result<Self> {
        let root = environment::checkout(None, here)?;
        let environment = environment::load(&root)?.into_iter().collect();
        Self::new(root, &environment)
    }

    /// Where the servers are installed, for those who start one of their own.
    #[must_use]
    pub fn artifacts(&self) -> PathBuf {
        self.state.artifacts()
    }

    /// The folder of the log files.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.state.logs()
    }

    /// The folder of what `make monitor` has collected.
    #[must_use]
    pub fn prometheus(&self) -> PathBuf {
        self.state.directory.join("prometheus")
    }

    /// The folder of the journals that `make producer` keeps.
    #[must_use]
    pub fn journals(&self) -> PathBuf {
        self.state.directory.join("producer")
    }

    /// What local Kafka clients connect to.
    pub(crate) fn bootstrap(&self) -> String {
        format!("127.0.0.1:{}", self.kafka_port)
    }

    /// The local PostgreSQL, for its superuser; names no database.
    #[must_use]
    pub fn server_url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}", self.postgres_port)
    }

    /// The local database, for `role`: whatever `DATABASE_URL` says, `up` touches no other.
    pub(crate) fn local_url(&self, role: &str) -> String {
        postgres::url(self.postgres_port, "onceward", role)
    }
}
