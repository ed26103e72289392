//! What the environments of a function have in common.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use template::Function;

use crate::LogSink;
use crate::clock::new_id;
use crate::config::{ACCOUNT, REGION};
use crate::figures::Figures;
use crate::runtime_api::RuntimeApi;
use crate::watchdog::Watchdog;

/// What every environment of one function is made from.
pub(crate) struct Blueprint {
    pub(crate) function: Function,
    pub(crate) binary: PathBuf,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) init_limit: Duration,
    /// How often the memory of a running invocation is looked at.
    pub(crate) memory_interval: Duration,
    pub(crate) log: LogSink,
    pub(crate) figures: Arc<Figures>,
    pub(crate) api: Arc<RuntimeApi>,
    pub(crate) watchdog: Arc<Watchdog>,
}

impl Blueprint {
    /// The variables of a process that polls at this address.
    pub(crate) fn variables_with(&self, runtime_api: &str) -> BTreeMap<String, String> {
        let mut variables = self.variables.clone();
        let name = &self.function.name;
        let stream = format!("local/[$LATEST]{}", new_id().simple());
        for (key, value) in [
            ("AWS_LAMBDA_RUNTIME_API", runtime_api.to_owned()),
            ("AWS_LAMBDA_FUNCTION_NAME", name.clone()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", self.function.memory_mb.to_string()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}")),
            ("AWS_LAMBDA_LOG_STREAM_NAME", stream),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_DEFAULT_REGION", REGION.to_owned()),
            ("_HANDLER", "bootstrap".to_owned()),
        ] {
            variables.insert(key.to_owned(), value);
        }
        variables
    }

    /// The function's name as invocations say it.
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", self.function.name)
    }
}
