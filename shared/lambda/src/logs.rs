use settings::{Environment, SettingError};
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Writes one JSON line per event to standard output, from the level that `LOG_LEVEL` says (info): a level, or directives such
/// as `info,store=debug`. From then on metrics are written there too.
pub fn init_logs(environment: &Environment) -> Result<(), SettingError> {
    let level = environment.optional("LOG_LEVEL").unwrap_or("info");
    let filter = EnvFilter::try_new(level)
        .map_err(|error| SettingError::Invalid { name: "LOG_LEVEL".to_owned(), reason: error.to_string() })?;
    metrics::start();
    // A second call in one process (a test) keeps the first one's subscriber.
    subscriber(filter, std::io::stdout).try_init().ok();
    Ok(())
}

fn subscriber<W>(filter: EnvFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt().json().flatten_event(true).with_current_span(true).with_span_list(false);
    lines.with_env_filter(filter).with_writer(writer).finish().with(filter_fn(|line| !has_whole_events(line)))
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
}
