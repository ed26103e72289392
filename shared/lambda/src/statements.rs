//! How long statements take: sqlx says it of each, in an event of its own.

use std::fmt::Debug;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

/// More of them than one line has values for.
const MOST: usize = 100;

/// In seconds, of those that ended since somebody asked last.
static SECONDS: Mutex<Vec<f64>> = Mutex::new(Vec::new());

/// In seconds, how long each statement took that has ended since this was called last; of many the first hundred. An environment has one
/// request at a time, so that at a request's end they are the request's. What waits for a connection is not among them.
#[must_use]
pub fn take_statements() -> Vec<f64> {
    std::mem::take(&mut *seconds())
}

/// Numbers are whole, whoever panicked with them in hand.
fn seconds() -> MutexGuard<'static, Vec<f64>> {
    SECONDS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether sqlx says it of a statement: it does at debug, and at warn where one took longer than a second.
pub(crate) fn is_statement(metadata: &Metadata<'_>) -> bool {
    metadata.target() == "sqlx::query" && *metadata.level() <= Level::DEBUG
}

/// Takes the durations; writes nothing.
pub(crate) struct Statements;

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut elapsed = Elapsed(None);
        event.record(&mut elapsed);
        let mut seconds = seconds();
        if seconds.len() < MOST {
            seconds.extend(elapsed.0);
        }
    }
}

struct Elapsed(Option<f64>);

impl Visit for Elapsed {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.0 = Some(value);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
