//! What the host counts: of itself, and what functions write of themselves.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use exposition::Families;
use serde_json::Value;

use crate::emf::{self, Figure};
use crate::failure::Outcome;
use crate::series::{Labels, Series};

/// More than the functions of a template have, with all their statuses and topics.
const SERIES_LIMIT: usize = 2_000;

const INVOCATIONS: &str = "lambda_invocations_total";
const ERRORS: &str = "lambda_errors_total";
const DURATION: &str = "lambda_duration_seconds";
const INIT_DURATION: &str = "lambda_init_duration_seconds";
const MEMORY: &str = "lambda_max_memory_used_bytes";
const ENVIRONMENTS: &str = "lambda_environments";

/// The environments of a function now.
pub(crate) struct Environments<'a> {
    pub(crate) function: &'a str,
    pub(crate) busy: usize,
    pub(crate) idle: usize,
}

/// The figures since the host started.
pub(crate) struct Figures(Mutex<Series>);

impl Figures {
    /// Each function begins with zero, so that its first invocation is seen as one more.
    pub(crate) fn new<'a>(functions: impl Iterator<Item = &'a str>) -> Self {
        let mut series = Series::new(SERIES_LIMIT);
        for function in functions {
            series.count(INVOCATIONS, of(function), 0.0);
            series.observe(DURATION, of(function), &[]);
            series.observe(INIT_DURATION, of(function), &[]);
            series.peak(MEMORY, of(function), 0.0);
        }
        Self(Mutex::new(series))
    }

    pub(crate) fn invoked(&self, function: &str, outcome: &Outcome) {
        let mut series = self.series();
        series.count(INVOCATIONS, of(function), 1.0);
        if let Err(failure) = outcome {
            let mut labels = of(function);
            labels.insert("type".to_owned(), error_type(&failure.0));
            series.count(ERRORS, labels, 1.0);
        }
    }

    pub(crate) fn lasted(&self, function: &str, duration: Duration, memory: u64) {
        let mut series = self.series();
        series.observe(DURATION, of(function), &[duration.as_secs_f64()]);
        #[expect(clippy::cast_precision_loss, reason = "Prometheus has no other numbers: exact up to 2^53")]
        series.peak(MEMORY, of(function), memory as f64);
    }

    pub(crate) fn started(&self, function: &str, init: Duration) {
        self.series().observe(INIT_DURATION, of(function), &[init.as_secs_f64()]);
    }

    /// Takes the figures out of a line, where it has any.
    pub(crate) fn read(&self, line: &str) {
        for told in emf::read(line) {
            match told.figure {
                Figure::Count(count) => self.series().count(&told.name, told.labels, count),
                Figure::Seconds(seconds) => self.series().observe(&told.name, told.labels, &seconds),
            }
        }
    }

    /// All figures as Prometheus reads them.
    pub(crate) fn text<'a>(&self, environments: impl Iterator<Item = Environments<'a>>) -> String {
        let mut families = Families::default();
        self.series().write(&mut families, help);
        for Environments { function, busy, idle } in environments {
            for (state, count) in [("busy", busy), ("idle", idle)] {
                let labels = [("function", function), ("state", state)];
                let count = u32::try_from(count).map_or(f64::INFINITY, f64::from);
                families.gauge(ENVIRONMENTS, help(ENVIRONMENTS), &labels, count);
            }
        }
        families.text()
    }

    /// Every state is a valid one, whoever panicked with it in hand.
    fn series(&self) -> MutexGuard<'_, Series> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn of(function: &str) -> Labels {
    Labels::from([("function".to_owned(), function.to_owned())])
}

/// The type in Lambda's error body, which is the function's to say.
fn error_type(error: &[u8]) -> String {
    const LONGEST: usize = 100;
    let error: Value = serde_json::from_slice(error).unwrap_or_default();
    error["errorType"].as_str().unwrap_or("Unknown").chars().take(LONGEST).collect()
}

fn help(name: &str) -> &'static str {
    match name {
        INVOCATIONS => "Invocations that have an outcome",
        ERRORS => "Invocations that failed, by the type of the error",
        DURATION => "Time from an invocation to the next poll of its environment",
        INIT_DURATION => "Time from the start of a process to its first poll",
        MEMORY => "The most memory that an environment of the function has held",
        ENVIRONMENTS => "Environments that run an invocation or start, and those that are frozen",
        _ => "Written by functions",
    }
}
