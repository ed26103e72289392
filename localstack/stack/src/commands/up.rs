//! `stack up`.

use std::path::PathBuf;

use anyhow::bail;

use crate::artifacts::{self, Artifacts};
use crate::commands::servers;
use crate::process::{self, Identity};
use crate::record::{self, Record};
use crate::say::{answer, say};
use crate::server::Kind;
use crate::settings::Settings;
use crate::{database, docker, ports, topics};

pub(super) async fn up(settings: &Settings) -> anyhow::Result<()> {
    if in_containers(settings).await {
        containers(settings).await?;
    } else {
        processes(settings).await?;
    }
    let made = topics::make(settings).await?;
    if !made.is_empty() {
        say(&format!("made the topics {}", made.join(", ")));
    }
    database::prepare(settings.postgres_port).await?;
    say(&applied_line(&store::migrate(&settings.local_url("onceward_owner")).await?));
    answer(&format!("PostgreSQL  {}", settings.local_url("onceward_app")));
    answer(&format!("Kafka       {}", settings.bootstrap()));
    Ok(())
}

/// Which migrations were applied, for a person.
pub(super) fn applied_line(applied: &[String]) -> String {
    if applied.is_empty() {
        return "no migration was missing".into();
    }
    format!("applied the migrations {}", applied.join(", "))
}

/// Containers where an engine answers, unless the plain processes are up already.
async fn in_containers(settings: &Settings) -> bool {
    let run = settings.state.run();
    let up_as_processes = servers(settings).into_iter().any(|kind| record::living(&run, kind.key()).is_some());
    !settings.processes_only && !up_as_processes && docker::answers().await
}

async fn containers(settings: &Settings) -> anyhow::Result<()> {
    if !docker::runs(settings).await {
        for kind in servers(settings) {
            refuse_held_ports(kind)?;
        }
    }
    docker::run(settings, &["up", "--detach", "--wait"]).await
}

async fn processes(settings: &Settings) -> anyhow::Result<()> {
    let kinds = servers(settings);
    let mut running = Vec::new();
    for kind in kinds {
        running.push(find(settings, kind).await?);
    }
    let artifacts =
        if running.iter().all(Option::is_some) { None } else { Some(artifacts::install(&settings.state.artifacts())?) };
    let mut waits = Vec::new();
    for (kind, found) in kinds.into_iter().zip(running) {
        let identity = match (found, &artifacts) {
            (Some(identity), _) => identity,
            (None, Some(artifacts)) => start(settings, kind, artifacts).await?,
            (None, None) => unreachable!("the servers are installed where one must be started"),
        };
        waits.push((kind, identity));
    }
    for (kind, identity) in waits {
        kind.wait(&identity, &log(settings, kind)).await?;
    }
    Ok(())
}

/// The server of this stack that runs already with the wanted version and port. Another one of ours is stopped, and a
/// port that something else holds is refused.
async fn find(settings: &Settings, kind: Kind) -> anyhow::Result<Option<Identity>> {
    let run = settings.state.run();
    if let Some(found) = record::living(&run, kind.key()) {
        if found.port == kind.port() && found.version == kind.version() {
            say(&format!("{} runs already (process {})", kind.name(), found.identity.pid));
            return Ok(Some(found.identity));
        }
        say(&format!(
            "restarting {} {} on port {} as {} on {}",
            kind.name(),
            found.version,
            found.port,
            kind.version(),
            kind.port()
        ));
        super::down::stop(settings, kind).await?;
    }
    if let Some(identity) = orphan(settings, kind) {
        say(&format!("{} runs already (process {}, whose process id file was lost)", kind.name(), identity.pid));
        keep(settings, kind, &identity)?;
        return Ok(Some(identity));
    }
    refuse_held_ports(kind)?;
    Ok(None)
}

/// A server of this very directory that no process id file names.
fn orphan(settings: &Settings, kind: Kind) -> Option<Identity> {
    let (pid, _) = ports::holder(kind.port())?.process?;
    let mark = kind.mark(&settings.state.directory.join(kind.key()));
    process::command_line(pid)?.contains(&mark).then(|| Identity::of(pid))?
}

fn refuse_held_ports(kind: Kind) -> anyhow::Result<()> {
    for (port, setting) in kind.ports() {
        if let Some(holder) = ports::holder(port) {
            bail!(
                "port {port}, which {} needs, is held by {holder}: end it, or choose another port with {setting} in .env",
                kind.name()
            );
        }
    }
    Ok(())
}

async fn start(settings: &Settings, kind: Kind, artifacts: &Artifacts) -> anyhow::Result<Identity> {
    crate::open_directory(&settings.state.logs())?;
    let directory = settings.state.directory.join(kind.key());
    say(&format!("starting {} {} on 127.0.0.1:{}", kind.name(), kind.version(), kind.port()));
    let (_child, identity) = kind.start(artifacts, &directory, &log(settings, kind)).await?;
    keep(settings, kind, &identity)?;
    Ok(identity)
}

fn keep(settings: &Settings, kind: Kind, identity: &Identity) -> anyhow::Result<()> {
    let record = Record { identity: identity.clone(), port: kind.port(), version: kind.version().to_owned() };
    record::write(&settings.state.run(), kind.key(), &record)
}

fn log(settings: &Settings, kind: Kind) -> PathBuf {
    settings.state.logs().join(format!("{}.log", kind.key()))
}
