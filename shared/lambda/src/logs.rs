use settings::{Environment, SettingError};
use tracing_subscriber::EnvFilter;

/// Writes one JSON line per event to standard output, from the level that `LOG_LEVEL` says (info): a level, or directives such
/// as `info,store=debug`. From then on metrics are written there too.
pub fn init_logs(environment: &Environment) -> Result<(), SettingError> {
    let level = environment.optional("LOG_LEVEL").unwrap_or("info");
    let filter = EnvFilter::try_new(level)
        .map_err(|error| SettingError::Invalid { name: "LOG_LEVEL".to_owned(), reason: error.to_string() })?;
    metrics::start();
    // A second call in one process (a test) keeps the first one's subscriber.
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_env_filter(filter)
        .try_init()
        .ok();
    Ok(())
}
