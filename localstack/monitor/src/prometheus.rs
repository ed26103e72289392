//! Prometheus, against what runs on this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use stack::Settings;
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;

const RETENTION: &str = "15d";

/// How long it may take to write down what it has collected.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs it until Ctrl-C, or until it ends by itself, which is a failure.
pub async fn run() -> anyhow::Result<ExitCode> {
    let here = std::env::current_dir().context("cannot read the working directory")?;
    let settings = Settings::of_checkout(&here)?;
    let port = settings.prometheus_port;
    if let Some(holder) = stack::holder(port) {
        bail!(
            "port {port}, where Prometheus is to listen, is held by {holder}: end it, or set ONCEWARD_PROMETHEUS_PORT in .env"
        );
    }
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut prometheus = start(&settings, &configure(&settings)?)?;
    greet(&settings);
    tokio::select! {
        status = prometheus.wait() => bail!("Prometheus ended with {}", status.context("cannot wait for it")?),
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    stop(&mut prometheus).await?;
    Ok(ExitCode::SUCCESS)
}

/// Puts the configuration beside the data, with the port of this checkout.
fn configure(settings: &Settings) -> anyhow::Result<PathBuf> {
    let (from, to) = (settings.root.join("infra/monitoring"), settings.prometheus().join("configuration"));
    fs::create_dir_all(to.join("targets")).with_context(|| format!("cannot make {}", to.display()))?;
    for file in ["prometheus.yml", "alerts.yml"] {
        fs::copy(from.join(file), to.join(file)).with_context(|| format!("cannot copy {file} to {}", to.display()))?;
    }
    let target = format!("- targets: [\"127.0.0.1:{}\"]\n", settings.http_port);
    fs::write(to.join("targets/local.yml"), target).with_context(|| format!("cannot write to {}", to.display()))?;
    Ok(to.join("prometheus.yml"))
}

fn start(settings: &Settings, configuration: &Path) -> anyhow::Result<Child> {
    let mut command = Command::new("prometheus");
    command
        .arg(format!("--config.file={}", configuration.display()))
        .arg(format!("--storage.tsdb.path={}", settings.prometheus().join("data").display()))
        .arg(format!("--storage.tsdb.retention.time={RETENTION}"))
        .arg(format!("--web.listen-address=127.0.0.1:{}", settings.prometheus_port))
        .arg("--log.level=warn")
        // Ctrl-C reaches this program alone, which ends it.
        .process_group(0)
        .kill_on_drop(true);
    if let Some(pages) = debian_pages(settings) {
        command.arg(format!("--web.local-assets={}", pages.display()));
    }
    command.spawn().context("cannot start Prometheus: `make setup` says whether it can be had here")
}

/// Debian's does not carry its pages in itself, and has the older ones.
fn debian_pages(settings: &Settings) -> Option<PathBuf> {
    let pages = settings.root.join(".tools/prometheus/usr/share/prometheus/web");
    pages.exists().then_some(pages)
}

async fn stop(prometheus: &mut Child) -> anyhow::Result<()> {
    if let Some(id) = prometheus.id() {
        kill(Pid::from_raw(i32::try_from(id)?), Signal::SIGTERM).context("cannot end Prometheus")?;
    }
    if timeout(PATIENCE, prometheus.wait()).await.is_err() {
        prometheus.kill().await.context("cannot kill Prometheus")?;
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "what a command-line tool is asked for")]
fn greet(settings: &Settings) {
    let http = settings.http_port;
    let pages = if debian_pages(settings).is_some() { "/classic" } else { "" };
    let base = format!("http://127.0.0.1:{}{pages}", settings.prometheus_port);
    println!(
        "Prometheus reads http://127.0.0.1:{http} every 15 seconds (`make dev`, or target/debug/runtime, must serve there)

  what fires       {base}/alerts
  what is read     {base}/targets
  ask it           {base}/graph?g0.expr=consumer_group_lag_records
  what to do       docs/operations.md

Ctrl-C ends it; what it has collected stays in {}.",
        settings.prometheus().display()
    );
}
