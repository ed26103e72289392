//! Runs the functions of a template: see the crate's README.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use runtime::{LogSink, Runtime, RuntimeConfig};
use stack::environment;
use template::Template;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

#[derive(Parser)]
#[command(about = "Runs the built binaries of the functions behind Lambda's Invoke API and the template's HTTP routes")]
struct Arguments {
    /// The deployment template that names the functions and their routes
    #[arg(long, default_value = "infra/template.yaml")]
    template: PathBuf,
    /// The folder of the built binaries
    #[arg(long, default_value = "target/debug")]
    bin_dir: PathBuf,
    /// Where to serve the Invoke API and the routes
    #[arg(long, default_value = "127.0.0.1:9000")]
    listen: SocketAddr,
    /// The checkout, whose `.env` functions get; found from the working directory when not given
    #[arg(long)]
    root: Option<PathBuf>,
    /// Processes of a function that reserves no concurrency in the template
    #[arg(long, default_value_t = 1)]
    concurrency: u32,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).from_env_lossy();
    let ansi = std::io::stdout().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_target(false).with_ansi(ansi).init();
    let arguments = Arguments::parse();
    let functions = Template::read(&arguments.template)?.functions;
    let root = environment::checkout(arguments.root, &std::env::current_dir()?)?;
    let env = environment::of_functions(&root, &functions)?;
    let mut config = RuntimeConfig::new(functions, arguments.bin_dir);
    config.listen = arguments.listen;
    config.default_concurrency = arguments.concurrency;
    config.env = env;
    config.log = LogSink::stdout();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let running = Runtime::start(config).await?;
    tracing::info!("Serving on http://{}", running.addr);
    tokio::select! { _ = terminate.recv() => (), _ = interrupt.recv() => () }
    tracing::info!("Stopping");
    running.shutdown().await;
    Ok(())
}
