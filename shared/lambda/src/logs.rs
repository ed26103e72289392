use std::io::Write as _;

use settings::{Environment, SettingError};
use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry, fmt};

use crate::statements::{Statements, is_statement};

/// Writes one JSON line per event to standard output, from the level that `LOG_LEVEL` says (info): a level, or directives such
/// as `info,store=debug`. From then on metrics are written there too.
pub fn init_logs(environment: &Environment) -> Result<(), SettingError> {
    init_logs_to(environment, std::io::stdout)
}

/// The same, to another place: whatever a function writes is there.
pub fn init_logs_to<W>(environment: &Environment, writer: W) -> Result<(), SettingError>
where
    W: for<'w> MakeWriter<'w> + Clone + Send + Sync + 'static,
{
    let level = environment.optional("LOG_LEVEL").unwrap_or("info");
    let filter = EnvFilter::try_new(level)
        .map_err(|error| SettingError::Invalid { name: "LOG_LEVEL".to_owned(), reason: error.to_string() })?;
    let output = writer.clone();
    // Nobody is left to be told when standard output is closed.
    metrics::start(move |line| drop(output.make_writer().write_all(line)));
    // A second call in one process (a test) keeps the first one's subscriber.
    subscriber(filter, writer).try_init().ok();
    Ok(())
}

fn subscriber<W>(filter: EnvFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    // All spans: the outermost names the request of Lambda, inner ones what is done in it.
    let lines = fmt::layer().json().flatten_event(true).with_current_span(false).with_span_list(true);
    let harmless = filter_fn(|line| !has_whole_events(line)).with_max_level_hint(LevelFilter::TRACE);
    let statements = filter_fn(is_statement).with_max_level_hint(LevelFilter::DEBUG);
    Registry::default()
        .with(lines.with_writer(writer).with_filter(filter.and(harmless)))
        .with(Statements.with_filter(statements))
}

/// Whether a line quotes an invocation: its `Authorization` is a secret, and its body is about people. No `LOG_LEVEL` shows that.
fn has_whole_events(line: &Metadata<'_>) -> bool {
    *line.level() == Level::TRACE && line.target().starts_with("lambda_")
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::take_statements;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_key_in_an_invocation_is_not_logged_whatever_the_level() {
        for level in ["trace", "lambda_runtime=trace,info", "lambda_runtime::layers::api_response=trace,lambda=trace"] {
            let lines = Lines::default();
            let writer = lines.clone();
            let subscriber = subscriber(EnvFilter::new(level), move || writer.clone());
            tracing::subscriber::with_default(subscriber, || {
                tracing::trace!(target: "lambda_runtime::layers::api_response", body = "Bearer onceward_", "raw JSON event");
                tracing::info!("This function's own line");
                tracing::error!(target: "lambda_runtime::layers::api_response", "What went wrong");
            });
            let written = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
            assert!(!written.contains("Bearer"), "{level}: {written}");
            assert!(written.contains("own line") && written.contains("What went wrong"), "{level}: {written}");
        }
    }

    #[test]
    fn how_long_a_statement_took_is_taken_and_written_only_where_it_is_asked_for_or_was_slow() {
        for (level, written) in [("info", 1), ("error", 0), ("info,sqlx::query=debug", 2)] {
            let lines = Lines::default();
            let writer = lines.clone();
            let subscriber = subscriber(EnvFilter::new(level), move || writer.clone());
            drop(take_statements());
            tracing::subscriber::with_default(subscriber, || {
                assert!(tracing::enabled!(target: "sqlx::query", Level::DEBUG), "sqlx asks before it says anything");
                tracing::debug!(target: "sqlx::query", summary = "select", rows_returned = 1, elapsed_secs = 0.25);
                tracing::warn!(target: "sqlx::query", summary = "select", rows_returned = 1, elapsed_secs = 1.5);
                tracing::debug!(target: "sqlx::pool", elapsed_secs = 9.0);
            });
            assert_eq!(take_statements(), [0.25, 1.5], "{level}");
            assert_eq!(take_statements(), [0.0; 0], "{level}");
            let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
            assert_eq!(text.lines().count(), written, "{level}: {text}");
        }
    }

    #[test]
    fn a_line_names_the_request_of_lambda_and_what_is_done_in_it() {
        let lines = Lines::default();
        let writer = lines.clone();
        tracing::subscriber::with_default(subscriber(EnvFilter::new("info"), move || writer.clone()), || {
            let _invoke = tracing::info_span!("Lambda runtime invoke", requestId = "r-1").entered();
            let _batch = tracing::info_span!("batch", consumer = "click-consumer").entered();
            tracing::info!("Batch committed");
        });
        let line: serde_json::Value = serde_json::from_slice(&lines.0.lock().unwrap()).unwrap();
        assert_eq!(
            (&line["spans"][0]["requestId"], &line["spans"][1]["consumer"]),
            (&"r-1".into(), &"click-consumer".into())
        );
        assert!(line.get("span").is_none(), "{line}");
    }
}
