//! What a host is started with.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use template::Function;

use crate::LogSink;

/// The largest event and the largest answer of a function, in bytes: Lambda's limit for synchronous invocations.
pub(crate) const PAYLOAD_LIMIT: usize = 6 * 1024 * 1024;

/// Where the host says what it has counted.
pub(crate) const METRICS_PATH: &str = "/_runtime/metrics";

/// The region and account that function names are given in.
pub(crate) const REGION: &str = "us-east-1";
pub(crate) const ACCOUNT: &str = "123456789012";

/// What a host is started with; [`RuntimeConfig::new`] has the defaults.
pub struct RuntimeConfig {
    /// The functions to run.
    pub functions: Vec<Function>,
    /// The folder of the built binaries, each named as its function.
    pub bin_dir: PathBuf,
    /// Where the Invoke API and the HTTP routes are served; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Variables for every function, which win over the template's: `stack::environment::of_functions` has the local ones. One that the
    /// template gives to some functions is for those alone.
    pub env: BTreeMap<String, String>,
    /// Where the lines go that functions write.
    pub log: LogSink,
    /// The environments of a function that reserves no concurrency in the template.
    pub default_concurrency: u32,
    /// The time from the start of a process to its first poll.
    pub init_limit: Duration,
    /// How often the memory of a running invocation is looked at.
    pub memory_interval: Duration,
    /// The time that running invocations get to finish when the host stops.
    pub shutdown_grace: Duration,
}

impl RuntimeConfig {
    /// A host on a free port of the loopback interface, with an empty overlay, that discards what functions write.
    #[must_use]
    pub fn new(functions: Vec<Function>, bin_dir: impl Into<PathBuf>) -> Self {
        Self {
            functions,
            bin_dir: bin_dir.into(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            env: BTreeMap::new(),
            log: LogSink::discard(),
            default_concurrency: 1,
            init_limit: Duration::from_secs(10),
            memory_interval: Duration::from_millis(50),
            shutdown_grace: Duration::from_secs(10),
        }
    }
}
