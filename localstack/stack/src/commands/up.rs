//! `stack up`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::ensure;

use crate::artifacts;
use crate::commands::prepare::{Servers, prepare};
use crate::commands::{directory, ours, servers};
use crate::record::{self, Record};
use crate::say::{answer, say};
use crate::server::{Kind, PATIENCE};
use crate::settings::Settings;
use crate::{docker, ports};

/// How long a server that runs already may be silent, as one does that recovers, before it is restarted.
const FOUND_PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn up(settings: &Settings) -> anyhow::Result<()> {
    if in_containers(settings).await {
        containers(settings).await?;
    } else {
        processes(settings).await?;
    }
    let (postgres, owner, kafka) = (settings.server_url(), settings.local_url("onceward_owner"), settings.bootstrap());
    prepare(settings, Servers { postgres: &postgres, owner: &owner, kafka: &kafka }).await?;
    answer(&format!("PostgreSQL  {}", settings.local_url("onceward_app")));
    answer(&format!("Kafka       {}", settings.bootstrap()));
    Ok(())
}

/// Containers where an engine answers, unless the plain processes are up already.
async fn in_containers(settings: &Settings) -> bool {
    let up_as_processes = servers(settings).into_iter().any(|kind| ours(settings, kind).is_some());
    !settings.processes_only && !up_as_processes && docker::answers(settings).await
}

async fn containers(settings: &Settings) -> anyhow::Result<()> {
    if !docker::runs(settings).await {
        refuse_held_ports(&servers(settings))?;
    }
    docker::remember(settings)?;
    docker::run(settings, &["up", "--detach", "--wait"]).await
}

async fn processes(settings: &Settings) -> anyhow::Result<()> {
    let [postgres, kafka] = servers(settings);
    // Both are looked at before either is started.
    let (found_postgres, found_kafka) = (find(settings, postgres).await?, find(settings, kafka).await?);
    let missing: Vec<_> = [(postgres, &found_postgres), (kafka, &found_kafka)]
        .into_iter()
        .filter_map(|(kind, found)| found.is_none().then_some(kind))
        .collect();
    refuse_held_ports(&missing)?;
    tokio::try_join!(bring_up(settings, postgres, found_postgres), bring_up(settings, kafka, found_kafka))?;
    Ok(())
}

/// The server of this stack that runs already with the wanted version and port. Another one of ours is stopped.
async fn find(settings: &Settings, kind: Kind) -> anyhow::Result<Option<Record>> {
    if let Some(found) = ours(settings, kind) {
        if found.port == kind.port() && found.version == kind.version() {
            return Ok(Some(found));
        }
        say(&format!("{} {} on port {} gives way to another", kind.name(), found.version, found.port));
        super::down::stop(settings, kind).await?;
    }
    Ok(None)
}

/// Keeps the server that was found if it answers; starts one where there was none, or where that one is about to end
/// or hangs.
async fn bring_up(settings: &Settings, kind: Kind, found: Option<Record>) -> anyhow::Result<()> {
    if let Some(record) = found {
        if kind.wait(&record.identity, &log(settings, kind), FOUND_PATIENCE).await.is_ok() {
            say(&format!("{} runs already (process {})", kind.name(), record.identity.pid));
            return record::write_missing(&settings.state.run(), kind.key(), &record);
        }
        if record.identity.is_alive() {
            say(&format!("{} does not answer; restarting it", kind.name()));
        }
        super::down::stop(settings, kind).await?;
    }
    start(settings, kind).await
}

/// Names all ports that something else holds, so that they are moved once and not one by one.
fn refuse_held_ports(kinds: &[Kind]) -> anyhow::Result<()> {
    let mut held = Vec::new();
    for kind in kinds {
        for (port, setting) in kind.ports() {
            if let Some(holder) = ports::holder(port) {
                held.push(format!(
                    "\n  port {port}, which {} needs, is held by {holder}: {setting} moves it",
                    kind.name()
                ));
            }
        }
    }
    ensure!(
        held.is_empty(),
        "ports are in use:{}\nif it is another checkout's stack, run `make down` there; else end it, or choose other ports in .env",
        held.concat()
    );
    Ok(())
}

async fn start(settings: &Settings, kind: Kind) -> anyhow::Result<()> {
    let artifacts = artifacts::install(&settings.state.artifacts())?;
    let log = log(settings, kind);
    crate::open_directory(&settings.state.logs())?;
    say(&format!("starting {} {} on 127.0.0.1:{}", kind.name(), kind.version(), kind.port()));
    let (_child, identity) = kind.start(&artifacts, &directory(settings, kind), &log).await?;
    let record = Record { identity, port: kind.port(), version: kind.version().to_owned() };
    record::write(&settings.state.run(), kind.key(), &record)?;
    kind.wait(&record.identity, &log, PATIENCE).await
}

fn log(settings: &Settings, kind: Kind) -> PathBuf {
    settings.state.logs().join(format!("{}.log", kind.key()))
}
