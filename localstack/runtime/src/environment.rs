//! One execution environment: a process of a function that serves one invocation at a time, and is frozen between them.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use tokio::time::{Instant, timeout_at};

use crate::blueprint::Blueprint;
use crate::caller::Caller;
use crate::clock::{new_id, since_epoch};
use crate::failure::{Failure, Lost};
use crate::memory::Memory;
use crate::process::Process;
use crate::runtime_api::{Connection, Invocation, Report};
use crate::summary::Summary;

/// A process that has polled for its next invocation. Dropping it kills the process.
pub(crate) struct Environment {
    process: Process,
    memory: Memory,
    connection: Connection,
    blueprint: Arc<Blueprint>,
    /// How long the start took, until the first invocation has told it.
    init: Option<Duration>,
}

impl Environment {
    /// Starts a process and waits for its first poll. The first invocation follows at once.
    pub(crate) async fn start(blueprint: Arc<Blueprint>) -> Result<Self, Failure> {
        let name = blueprint.function.name.as_str();
        let connection = blueprint.api.connect(name);
        let process =
            Process::spawn(&blueprint, &connection.address).map_err(|error| cannot_start(&blueprint, &error))?;
        let memory = Memory::of(process.id(), blueprint.function.memory_mb, blueprint.memory_interval);
        let started = Instant::now();
        let mut environment = Self { process, memory, connection, blueprint: Arc::clone(&blueprint), init: None };
        match timeout_at(started + blueprint.init_limit, environment.first_poll()).await {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => return Err(failure),
            Err(_) => return Err(Failure::never_polled(blueprint.init_limit)),
        }
        let init = started.elapsed();
        environment.init = Some(init);
        blueprint.figures.started(name, init);
        let init_ms = u64::try_from(init.as_millis()).unwrap_or(u64::MAX);
        tracing::info!(function = name, pid = environment.process.id(), init_ms, "Started a function");
        Ok(environment)
    }

    async fn first_poll(&mut self) -> Result<(), Failure> {
        let past_limit = self.memory.clone().past_limit();
        tokio::pin!(past_limit);
        let mut told = None;
        let lost = loop {
            tokio::select! {
                biased;
                report = self.connection.reports.recv() => match report {
                    Some(Report::Ready) => return Ok(()),
                    Some(Report::InitFailed(error)) => told = Some(Failure(error)),
                    _ => {}
                },
                how = self.process.exit() => break Lost::Exited(how),
                used = &mut past_limit => break Lost::OutOfMemory(used),
            }
        };
        self.tell_of(&lost);
        Err(told.unwrap_or_else(|| Failure::lost(&new_id().to_string(), &lost)))
    }

    /// Whether the process is there: it may have died since its last invocation.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.process.is_running()
    }

    /// Thaws the process, runs one invocation, and gives its outcome to `caller` as soon as it is known. Returns the environment,
    /// frozen again, when the process polls for the next one; nothing when it is gone.
    pub(crate) async fn invoke(mut self, payload: Bytes, caller: &mut Caller) -> Option<Self> {
        self.process.thaw();
        let limit = self.blueprint.function.timeout;
        let started = Instant::now();
        let request_id = new_id().to_string();
        let invocation = self.invocation(request_id.clone(), payload, limit);
        // A closed channel means that the process is gone, which `until_ready` finds out.
        let _ = self.connection.invocations.send(invocation).await;
        let served = timeout_at(started + limit, self.until_ready(&request_id, caller)).await;
        let lost = served.unwrap_or(Err(Lost::TimedOut(limit))).err();
        let duration = started.elapsed();
        if lost.is_none() {
            self.process.freeze();
        }
        self.report(&request_id, duration, lost.as_ref());
        let Some(lost) = lost else { return Some(self) };
        self.tell_of(&lost);
        self.process.kill().await;
        caller.fail(Failure::lost(&request_id, &lost));
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

    /// Waits for the answer and then for the next poll; says how the process was lost if it was instead.
    async fn until_ready(&mut self, current: &str, caller: &mut Caller) -> Result<(), Lost> {
        let past_limit = self.memory.clone().past_limit();
        tokio::pin!(past_limit);
        loop {
            let report = tokio::select! {
                biased;
                report = self.connection.reports.recv() => report,
                how = self.process.exit() => return Err(Lost::Exited(how)),
                used = &mut past_limit => return Err(Lost::OutOfMemory(used)),
            };
            match report {
                // A poll without an answer would be a function that skips one: Lambda fails the invocation.
                Some(Report::Ready) => {
                    caller.fail(Failure::no_answer());
                    return Ok(());
                }
                Some(Report::Outcome { request_id, outcome }) if request_id == current => {
                    if let Some(used) = self.memory.passed_limit() {
                        return Err(Lost::OutOfMemory(used));
                    }
                    caller.answer(outcome);
                }
                _ => {}
            }
        }
    }

    fn report(&mut self, request_id: &str, duration: Duration, lost: Option<&Lost>) {
        let function = self.blueprint.function.name.as_str();
        self.blueprint.figures.lasted(function, duration, self.memory.peak());
        let summary = Summary {
            request_id,
            duration,
            init: self.init.take(),
            memory: self.memory.peak(),
            memory_limit: self.memory.limit(),
            status: lost.map(Lost::status),
        };
        tracing::debug!(function, "{}", summary.line());
    }

    fn tell_of(&self, lost: &Lost) {
        let (function, pid) = (&self.blueprint.function.name, self.process.id());
        match lost {
            Lost::Exited(how) => {
                tracing::warn!(%function, pid, how, "A function exited: the next invocation starts a fresh one");
            }
            Lost::TimedOut(limit) => {
                let limit_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
                tracing::warn!(%function, pid, limit_ms, "A function ran past its time limit and is killed");
            }
            Lost::OutOfMemory(used) => {
                let (used_mb, limit_mb) = (used >> 20, self.memory.limit() >> 20);
                tracing::warn!(%function, pid, used_mb, limit_mb, "A function is out of memory and is killed");
            }
        }
    }

    /// Asks the process to end, and kills it when it does not.
    pub(crate) async fn stop(self) {
        const GRACE: Duration = Duration::from_secs(2);
        self.process.stop(GRACE).await;
    }
}

fn cannot_start(blueprint: &Blueprint, error: &std::io::Error) -> Failure {
    let message = format!("cannot start {}: {error}", blueprint.binary.display());
    tracing::error!(function = %blueprint.function.name, "{message}");
    Failure::new("Runtime.InvalidEntrypoint", &message)
}
