//! Runs the event source mappings of a template: see the crate's README.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::Parser;
use event_source::{EventSource, configs_of};
use settings::Environment;
use stack::environment;
use template::Template;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

#[derive(Parser)]
#[command(about = "Carries records from Kafka to functions as Lambda's pollers do")]
struct Arguments {
    /// The deployment template that names the mappings
    #[arg(long, default_value = "infra/template.yaml")]
    template: PathBuf,
    /// Where the Invoke API is served
    #[arg(long, default_value = "http://127.0.0.1:9000")]
    endpoint: String,
    /// Kafka's bootstrap servers, separated by commas; `KAFKA_BOOTSTRAP_SERVERS` when not given
    #[arg(long)]
    bootstrap: Option<String>,
    /// The checkout, whose `.env` is read; found from the working directory when not given
    #[arg(long)]
    root: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_target(false).with_ansi(std::io::stdout().is_terminal()).init();
    let arguments = Arguments::parse();
    let root = environment::checkout(arguments.root, &std::env::current_dir()?)?;
    let settings: Environment = environment::load(&root)?.into_iter().collect();
    let bootstrap = arguments.bootstrap.as_deref().map_or_else(|| settings.required("KAFKA_BOOTSTRAP_SERVERS"), Ok)?;
    let configs = configs_of(&Template::read(&arguments.template)?, bootstrap, &arguments.endpoint)?;
    let (stop, stopped) = watch::channel(false);
    let mut mappings = JoinSet::new();
    for config in configs {
        let (mapping, topic, function) = (&config.mapping.logical_id, &config.mapping.topic, &config.function);
        tracing::info!(mapping, topic, function, "Polling Kafka");
        mappings.spawn(EventSource::run(config, stopped.clone()));
    }
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let failed = tokio::select! {
        _ = terminate.recv() => None,
        _ = interrupt.recv() => None,
        ended = mappings.join_next() => ended,
    };
    tracing::info!("Stopping: a batch in flight is finished first");
    stop.send_replace(true);
    let ended = failed.into_iter().chain(mappings.join_all().await.into_iter().map(Ok));
    ended.into_iter().try_for_each(|result| result?)
}
