//! Runs the event source mappings and schedules of a template: see the crate's README.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Parser;
use event_source::{Config, Sources, replay};
use settings::Environment;
use stack::environment;
use template::Template;
use time::OffsetDateTime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

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
    /// Seconds between invocations that the template has come every minute
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    tick: Option<u64>,
    /// Seconds that scheduled invocations get to finish at the stop; as long as their functions may run when not given
    #[arg(long)]
    schedule_grace: Option<u64>,
    /// Seconds between looks at the status of each mapping, which is a line where it changed or is wrong; 0: none
    #[arg(long, default_value_t = 30)]
    status_seconds: u64,
    /// Deliver all that the topics of this function have now once more, from the oldest record on, and end
    #[arg(long, value_name = "FUNCTION")]
    replay: Option<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let root = environment::checkout(arguments.root, &std::env::current_dir()?)?;
    let settings: Environment = environment::load(&root)?.into_iter().collect();
    let usual = if arguments.replay.is_some() { "warn" } else { "info" };
    let level = EnvFilter::try_new(settings.optional("LOG_LEVEL").unwrap_or(usual)).context("LOG_LEVEL is no level")?;
    let colour = std::io::stdout().is_terminal();
    tracing_subscriber::fmt().with_target(false).with_ansi(colour).with_env_filter(level).init();
    let bootstrap = arguments.bootstrap.as_deref().map_or_else(|| settings.required("KAFKA_BOOTSTRAP_SERVERS"), Ok)?;
    let mut sources = Sources::of(&Template::read(&arguments.template)?, bootstrap, &arguments.endpoint)?;
    if let Some(function) = arguments.replay {
        return deliver_again(sources.mappings, &function).await;
    }
    if let Some(tick) = arguments.tick {
        sources.tick_every(Duration::from_secs(tick));
    }
    if let Some(grace) = arguments.schedule_grace {
        sources.schedules.iter_mut().for_each(|schedule| schedule.drain = Duration::from_secs(grace));
    }
    let status_every = (arguments.status_seconds > 0).then(|| Duration::from_secs(arguments.status_seconds));
    sources.mappings.iter_mut().for_each(|mapping| mapping.status_every = status_every);
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (stop, stopped) = watch::channel(false);
    let mut running = sources.start(&stopped);
    let failed = tokio::select! {
        _ = terminate.recv() => None,
        _ = interrupt.recv() => None,
        ended = running.join_next() => ended,
    };
    tracing::info!("Stopping: what is in flight is finished first");
    stop.send_replace(true);
    let ended = failed.into_iter().chain(running.join_all().await.into_iter().map(Ok));
    ended.into_iter().try_for_each(|result| result?)
}

/// One topic after the other, each as a group of its own.
#[expect(clippy::print_stdout, reason = "the result of a command-line tool")]
#[expect(clippy::disallowed_methods, reason = "a group that has committed nothing: its name ends with the time")]
async fn deliver_again(mappings: Vec<Config>, function: &str) -> anyhow::Result<()> {
    let mappings: Vec<Config> = mappings.into_iter().filter(|config| config.function == function).collect();
    ensure!(!mappings.is_empty(), "the template has no mapping of {function}");
    for config in mappings {
        let group = format!("{}.replay-{}", config.mapping.consumer_group, OffsetDateTime::now_utc().unix_timestamp());
        let topic = config.mapping.topic.clone();
        let records = replay(config, &group).await.with_context(|| format!("{topic} was not delivered to its end"))?;
        println!("{function} got all of {topic} once more: {records} records");
    }
    Ok(())
}
