//! The loop of one schedule: wait, invoke.

use std::time::Duration;

use reqwest::Request;
use template::{Function, Schedule};
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::Backoff;
use crate::invoke::{Invoker, is_undelivered};
use crate::scheduled_event::payload;
use crate::stop::{finish, stopped};

/// What one schedule is run with; [`ScheduleConfig::new`] has the defaults.
#[derive(Debug, Clone)]
pub struct ScheduleConfig {
    /// The schedule, as the template has it.
    pub schedule: Schedule,
    /// The name of the function that it invokes.
    pub function: String,
    /// The longest that the function may run.
    pub function_timeout: Duration,
    /// Where the Invoke API is served: `http://127.0.0.1:9000`.
    pub endpoint: String,
    /// The wait before the first invocation.
    pub first: Duration,
    /// How long an event waits that nobody took, because nothing listens at the endpoint.
    pub backoff: Backoff,
    /// The time that a running invocation gets to finish at the stop.
    pub drain: Duration,
}

impl ScheduleConfig {
    /// A schedule with the defaults: first after a second, and at the stop as long as the function may run.
    #[must_use]
    pub fn new(function: &Function, schedule: &Schedule, endpoint: &str) -> Self {
        Self {
            schedule: schedule.clone(),
            function: function.name.clone(),
            function_timeout: function.timeout,
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            first: Duration::from_secs(1),
            backoff: Backoff { first: Duration::from_millis(250), cap: Duration::from_secs(5) },
            drain: function.timeout,
        }
    }
}

/// Invokes a function at an interval: see [`Scheduler::run`].
pub struct Scheduler {
    config: ScheduleConfig,
    invoker: Invoker,
    /// Whether the last invocation failed.
    failing: bool,
}

impl Scheduler {
    /// Invokes the function at its interval until `stop` is true, or its sender is gone; one at a time. Then what is in
    /// flight is finished. A failure is logged, and the next interval comes.
    ///
    /// # Errors
    /// No request can be made of the configuration.
    pub async fn run(config: ScheduleConfig, mut stop: watch::Receiver<bool>) -> anyhow::Result<()> {
        let invoker = Invoker::new(&config.endpoint, &config.function, config.function_timeout)?;
        let mut due = Instant::now() + config.first;
        let mut scheduler = Self { config, invoker, failing: false };
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut stop) => return Ok(()),
                () = sleep_until(due) => {}
            }
            if !scheduler.fire(due, &mut stop).await? {
                return Ok(());
            }
            due = scheduler.next(due, Instant::now());
        }
    }

    /// Invokes the function once; false when it is time to stop.
    async fn fire(&mut self, due: Instant, stop: &mut watch::Receiver<bool>) -> anyhow::Result<bool> {
        let request = self.invoker.request(payload(&self.config.schedule, now()))?;
        let started = Instant::now();
        let Some(result) = self.deliver(&request, due, stop).await else {
            let (schedule, function) = (&self.config.schedule.logical_id, &self.config.function);
            tracing::info!(schedule, function, "A scheduled invocation has not finished and is left");
            return Ok(false);
        };
        self.log(started, result.err());
        Ok(true)
    }

    /// The result of one invocation; nothing when it is time to stop first. Where nobody listens at the endpoint, it is
    /// tried until the next one is due.
    async fn deliver(
        &self,
        request: &Request,
        due: Instant,
        stop: &mut watch::Receiver<bool>,
    ) -> Option<anyhow::Result<()>> {
        let mut attempt = 1;
        loop {
            let error = match finish(self.invoker.send(request), stop, self.config.drain).await? {
                Err(error) if is_undelivered(&error) => error,
                result => return Some(result),
            };
            if attempt == 1 {
                let (schedule, endpoint) = (&self.config.schedule.logical_id, &self.config.endpoint);
                tracing::warn!(schedule, endpoint, "Nobody listens where functions should be; trying on");
            }
            let wait = self.config.backoff.after(attempt, rand::random());
            if Instant::now() + wait > due + self.config.schedule.every {
                return Some(Err(error));
            }
            tokio::select! {
                biased;
                () = stopped(stop) => return None,
                () = sleep(wait) => attempt += 1,
            }
        }
    }

    /// When the next one is due: an interval after the last was, or at once where that is over. More than one that was
    /// missed counts as one.
    fn next(&self, due: Instant, now: Instant) -> Instant {
        let every = self.config.schedule.every;
        let next = due + every;
        let Some(late) = now.checked_duration_since(next).filter(|late| !late.is_zero()) else { return next };
        let (schedule, function) = (&self.config.schedule.logical_id, &self.config.function);
        let late_ms = millis(late);
        tracing::info!(
            schedule,
            function,
            late_ms,
            "An invocation took longer than its interval: the next begins late"
        );
        let missed = u32::try_from(late.as_nanos() / every.as_nanos()).unwrap_or(u32::MAX);
        next + every * missed
    }

    /// Success is quiet, because it comes every minute.
    fn log(&mut self, started: Instant, error: Option<anyhow::Error>) {
        let (schedule, function) = (&self.config.schedule.logical_id, &self.config.function);
        let invoke_ms = millis(started.elapsed());
        let failed_before = std::mem::replace(&mut self.failing, error.is_some());
        match error {
            None if failed_before => tracing::info!(schedule, function, invoke_ms, "A schedule works again"),
            None => tracing::debug!(schedule, function, invoke_ms, "Invoked on schedule"),
            Some(error) => tracing::warn!(
                schedule,
                function,
                invoke_ms,
                error = format!("{error:#}"),
                "A scheduled invocation failed; the next interval comes"
            ),
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[expect(clippy::disallowed_methods, reason = "a scheduled event says when it was sent: this is where that comes from")]
fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}
