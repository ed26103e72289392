//! A session from its start to Ctrl-C.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use template::Template;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

use crate::child::Child;
use crate::functions::{ADDRESS, watch};
use crate::{key, log, welcome};

/// How long the poller may take to end after it was asked to, for a batch in flight.
const PATIENCE: Duration = Duration::from_secs(8);
/// And the functions after it: nothing of theirs is in flight any more, but `cargo lambda watch` may wait for a call that it lost.
const AFTERWARDS: Duration = Duration::from_secs(2);
/// Seconds that scheduled functions get of it: they may be cut off anywhere.
const SCHEDULE_GRACE: &str = "1";
/// Seconds between what comes every minute when it is deployed.
const TICK: &str = "5";

/// Serves until Ctrl-C or until a part of it ends by itself, which is a failure.
pub(crate) async fn run() -> anyhow::Result<ExitCode> {
    let here = std::env::current_dir().context("cannot read the working directory")?;
    let stack::Settings { root, http_port: port, .. } = stack::Settings::of_checkout(&here)?;
    let template = Template::read(&root.join("infra/template.yaml"))?;
    if let Some(holder) = stack::holder(port) {
        bail!(
            "port {port}, where the functions are served, is held by {holder}: end it, or set ONCEWARD_HTTP_PORT in .env"
        );
    }
    let key = key::make(&root).await?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (mut terminate, mut hang_up) = (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    let mut functions = Child::start("cargo lambda", watch(&root, &template, port)?)?;
    let mut poller = Child::start("event-source", event_source(&root, port)?)?;
    let ended = tokio::select! {
        ended = functions.ended() => Some(ended?),
        ended = poller.ended() => Some(ended?),
        _ = interrupt.recv() => None,
        _ = terminate.recv() => None,
        _ = hang_up.recv() => None,
        never = greet(&root, port, &key) => never?,
    };
    log::show("dev", ended.as_deref().unwrap_or("Stopping"));
    // The poller first: a batch in flight is still finished.
    tokio::select! {
        () = async { poller.stop(PATIENCE).await; functions.stop(AFTERWARDS).await } => {}
        _ = interrupt.recv() => log::show("dev", "Stopping at once"),
    }
    match ended {
        Some(ended) => bail!("{ended}, and so does all else"),
        None => Ok(ExitCode::SUCCESS),
    }
}

/// The poller, as it was built.
fn event_source(root: &Path, port: u16) -> anyhow::Result<Command> {
    let this = std::env::current_exe().context("cannot find this program")?;
    let mut command = Command::new(this.with_file_name("event-source"));
    command
        .args(["--endpoint", &format!("http://{ADDRESS}:{port}")])
        .args(["--schedule-grace", SCHEDULE_GRACE, "--tick", TICK])
        .env("NO_COLOR", "1")
        .current_dir(root);
    Ok(command)
}

/// Says hello when the functions answer, and waits for ever.
async fn greet(root: &Path, port: u16, key: &str) -> anyhow::Result<Option<String>> {
    while TcpStream::connect((ADDRESS, port)).await.is_err() {
        sleep(Duration::from_millis(100)).await;
    }
    welcome::show(root, port, key);
    std::future::pending().await
}
