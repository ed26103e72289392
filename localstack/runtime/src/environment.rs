//! One execution environment: a process of a function that serves one invocation at a time.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use template::Function;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use crate::LogSink;
use crate::clock::{new_id, since_epoch};
use crate::config::{ACCOUNT, PAYLOAD_LIMIT, REGION};
use crate::failure::{Failure, Outcome};
use crate::process::Process;
use crate::runtime_api::{Connection, Invocation, Report, RuntimeApi};
use crate::watchdog::Watchdog;

/// What every environment of one function is made from.
pub(crate) struct Blueprint {
    pub(crate) function: Function,
    pub(crate) binary: PathBuf,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) init_limit: Duration,
    pub(crate) log: LogSink,
    pub(crate) api: Arc<RuntimeApi>,
    pub(crate) watchdog: Arc<Watchdog>,
}

impl Blueprint {
    fn variables_with(&self, runtime_api: &str) -> BTreeMap<String, String> {
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

    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", self.function.name)
    }
}

/// A process that has polled for its first invocation. Dropping it kills the process.
pub(crate) struct Environment {
    process: Process,
    connection: Connection,
    blueprint: Arc<Blueprint>,
}

impl Environment {
    /// Starts a process and waits for its first poll.
    pub(crate) async fn start(blueprint: Arc<Blueprint>) -> Result<Self, Failure> {
        let name = blueprint.function.name.as_str();
        let connection = blueprint.api.connect(name);
        let variables = blueprint.variables_with(&connection.address);
        let pairs = variables.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let process = Process::spawn(&blueprint.binary, pairs, name, &blueprint.log, &blueprint.watchdog)
            .map_err(|error| cannot_start(&blueprint, &error))?;
        let started = Instant::now();
        let mut environment = Self { process, connection, blueprint: Arc::clone(&blueprint) };
        let until = started + blueprint.init_limit;
        match timeout_at(until, environment.first_poll()).await {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => return Err(failure),
            Err(_) => return Err(init_timed_out(&blueprint)),
        }
        let init_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(function = name, pid = environment.process.id(), init_ms, "Started a function");
        Ok(environment)
    }

    async fn first_poll(&mut self) -> Result<(), Failure> {
        let mut told = None;
        loop {
            tokio::select! {
                biased;
                report = self.connection.reports.recv() => match report {
                    Some(Report::Ready) => return Ok(()),
                    Some(Report::InitFailed(error)) => told = Some(Failure(error)),
                    _ => {}
                },
                how = self.process.exit() => {
                    return Err(told.unwrap_or_else(|| Failure::exited(&new_id().to_string(), &how)));
                }
            }
        }
    }

    /// Whether the process still runs: it may have died since its last invocation.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.process.is_running()
    }

    /// Runs one invocation and gives its outcome to `caller` as soon as it is known. Returns the environment when it
    /// can take another, which is when the process polls again; nothing when it is gone.
    pub(crate) async fn invoke(mut self, payload: Bytes, caller: oneshot::Sender<Outcome>) -> Option<Self> {
        let timeout = self.blueprint.function.timeout;
        let deadline = Instant::now() + timeout;
        let request_id = new_id().to_string();
        let invocation = self.invocation(request_id.clone(), payload, timeout);
        let mut caller = Some(caller);
        // A closed channel means that the process is gone, which `until_ready` finds out.
        let _ = self.connection.invocations.send(invocation).await;
        let served = timeout_at(deadline, self.until_ready(&request_id, &mut caller)).await;
        let failure = match served {
            Ok(Ok(())) => return Some(self),
            Ok(Err(how)) => Failure::exited(&request_id, &how),
            Err(_) => Failure::timed_out(&request_id, timeout),
        };
        let (function, pid) = (&self.blueprint.function.name, self.process.id());
        tracing::warn!(%function, pid, error = failure.text(), "Lost a function: the next invocation starts a fresh one");
        answer(&mut caller, Err(failure));
        None
    }

    fn invocation(&self, request_id: String, payload: Bytes, timeout: Duration) -> Invocation {
        let now = since_epoch();
        let (first, second) = new_id().as_u64_pair();
        Invocation {
            request_id,
            deadline_ms: (now + timeout).as_millis(),
            function_arn: self.blueprint.arn(),
            trace_id: format!("Root=1-{:08x}-{:024x};Parent={second:016x};Sampled=0", now.as_secs(), first),
            payload,
        }
    }

    /// Waits for the answer and then for the next poll; says how the process exited if it did instead.
    async fn until_ready(
        &mut self,
        current: &str,
        caller: &mut Option<oneshot::Sender<Outcome>>,
    ) -> Result<(), String> {
        loop {
            tokio::select! {
                biased;
                report = self.connection.reports.recv() => match report {
                    Some(Report::Answered { request_id, payload }) if request_id == current => {
                        answer(caller, Ok(payload));
                    }
                    Some(Report::Failed { request_id, error }) if request_id == current => {
                        answer(caller, Err(Failure(error)));
                    }
                    Some(Report::TooLarge { request_id }) if request_id == current => {
                        answer(caller, Err(too_large()));
                    }
                    // A poll without an answer would be a function that skips one: Lambda fails the invocation.
                    Some(Report::Ready) => {
                        answer(caller, Err(Failure::new("Runtime.NoResponse", "the function polled again without an answer")));
                        return Ok(());
                    }
                    _ => {}
                },
                how = self.process.exit() => return Err(how),
            }
        }
    }

    /// Asks the process to end, and kills it when it does not.
    pub(crate) async fn stop(self) {
        const GRACE: Duration = Duration::from_secs(2);
        self.process.stop(GRACE).await;
    }
}

/// Answers once; later outcomes of the same invocation have nobody to go to.
fn answer(caller: &mut Option<oneshot::Sender<Outcome>>, outcome: Outcome) {
    if let Some(caller) = caller.take() {
        // An error means that the caller has gone away, which does not concern the function.
        let _ = caller.send(outcome);
    }
}

fn too_large() -> Failure {
    let message = format!("response payload size exceeded the maximum allowed payload size ({PAYLOAD_LIMIT} bytes)");
    Failure::new("Function.ResponseSizeTooLarge", &message)
}

fn cannot_start(blueprint: &Blueprint, error: &std::io::Error) -> Failure {
    let message = format!("cannot start {}: {error}", blueprint.binary.display());
    tracing::error!(function = %blueprint.function.name, "{message}");
    Failure::new("Runtime.InvalidEntrypoint", &message)
}

fn init_timed_out(blueprint: &Blueprint) -> Failure {
    let seconds = blueprint.init_limit.as_secs_f64();
    let message = format!("the function did not poll for an invocation within {seconds:.2} seconds of its start");
    Failure::new("Sandbox.Timedout", &message)
}
