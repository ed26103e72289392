use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use crate::TemplateError;
use crate::resources;

/// What the local tools run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// In the order of the file.
    pub functions: Vec<Function>,
    /// In the order of the file.
    pub topics: Vec<Topic>,
}

/// A Lambda function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its key under `Resources`.
    pub logical_id: String,
    /// `FunctionName`: also the name of its folder, package and binary.
    pub name: String,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// Memory in MB.
    pub memory_mb: u32,
    /// `ReservedConcurrentExecutions`: how many environments may run at once, where that is limited.
    pub concurrency: Option<u32>,
    /// Variables whose value the template gives.
    pub environment: BTreeMap<String, String>,
    /// Variables whose value only a deployment knows.
    pub deployed: BTreeSet<String>,
    /// HTTP requests that it answers.
    pub routes: Vec<Route>,
    /// Topics whose records invoke it.
    pub mappings: Vec<Mapping>,
    /// Intervals at which it is invoked.
    pub schedules: Vec<Schedule>,
}

impl Function {
    /// Whether the template gives it this variable, with whatever value.
    #[must_use]
    pub fn is_given(&self, variable: &str) -> bool {
        self.environment.contains_key(variable) || self.deployed.contains(variable)
    }
}

/// A route of the HTTP API.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// In capitals; `ANY` for all.
    pub method: String,
    /// With parameters in braces: `/api/links/{code}`.
    pub path: String,
}

/// A Kafka event source mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The function's key and the event's, as SAM joins them: `ClickConsumerClicks`.
    pub logical_id: String,
    /// The one topic.
    pub topic: String,
    /// The consumer group.
    pub consumer_group: String,
    /// Records in a batch, at most.
    pub batch_size: u32,
    /// How long a batch may wait to fill.
    pub window: Duration,
    /// Where a group without committed offsets begins.
    pub starting_position: StartingPosition,
    /// Whether it polls at all.
    pub enabled: bool,
}

/// Where a group without committed offsets begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartingPosition {
    /// At the oldest record that is kept.
    TrimHorizon,
    /// After the newest record.
    Latest,
}

/// An invocation at an interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// The function's key and the event's, as SAM joins them.
    pub logical_id: String,
    /// The interval.
    pub every: Duration,
    /// The payload, where it is not the default one of a schedule.
    pub input: Option<String>,
}

/// A Kafka topic as it is deployed. A single local broker makes it with one replica, and so without `min.insync.replicas`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Its key under `Resources`.
    pub logical_id: String,
    /// Its name in Kafka.
    pub name: String,
    /// Partitions.
    pub partitions: i32,
    /// Replicas of each partition.
    pub replication: i32,
    /// Topic settings by their Kafka names.
    pub config: BTreeMap<String, String>,
}

impl Template {
    /// Reads the template at `path`. An error names the file, the line and the property.
    pub fn read(path: &Path) -> Result<Self, TemplateError> {
        let file = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse_file(&text, &file),
            Err(source) => Err(TemplateError::Read { file, source }),
        }
    }

    /// Reads the text of a template. An error names the line and the property.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        Self::parse_file(text, "template")
    }

    fn parse_file(text: &str, file: &str) -> Result<Self, TemplateError> {
        resources::template(text).map_err(|refusal| TemplateError::Refused {
            file: file.to_owned(),
            line: refusal.line,
            property: refusal.property,
            reason: refusal.reason,
        })
    }
}
