//! The servers themselves: pinned Maven artifacts, fetched once.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::say::say;
use crate::state::{hash, open_directory};
use crate::{lock, state};

const POM: &str = include_str!("../artifacts.xml");

/// Where the installed servers are.
#[derive(Clone, Debug)]
pub struct Artifacts {
    /// The Java that runs Kafka.
    pub java: PathBuf,
    /// The folder of Kafka's jars.
    pub kafka: PathBuf,
    /// The folder that holds PostgreSQL's `bin`, `lib` and `share`.
    pub postgres: PathBuf,
}

/// Installs Kafka and PostgreSQL below `root` with Maven, once; at once when they are there.
///
/// A folder appears whole or not at all, so that an interrupted download is simply begun again.
pub fn install(root: &Path) -> anyhow::Result<Artifacts> {
    let root = std::path::absolute(root).with_context(|| format!("{} is no path", root.display()))?;
    let platform = platform(std::env::consts::OS, std::env::consts::ARCH)?;
    let folder = root.join(format!("{platform}-{:016x}", hash(POM.as_bytes())));
    let java = java();
    if !folder.is_dir() {
        let _one_at_a_time = lock::take(&root)?;
        if !folder.is_dir() {
            check_java(&java)?;
            fetch(&root, &folder, platform)?;
        }
    }
    Ok(Artifacts { java, kafka: folder.join("kafka"), postgres: folder.join("postgres") })
}

/// A version that the POM pins, such as `kafka.version`.
#[must_use]
pub fn version(property: &str) -> &'static str {
    let value = POM.split_once(&format!("<{property}>")).and_then(|(_, rest)| rest.split_once('<'));
    value.expect("the POM is part of the program and names it").0
}

/// The name that the PostgreSQL artifacts give to a platform.
fn platform(system: &str, machine: &str) -> anyhow::Result<&'static str> {
    Ok(match (system, machine) {
        ("linux", "x86_64") => "linux-amd64",
        ("linux", "aarch64") => "linux-arm64v8",
        ("macos", "x86_64") => "darwin-amd64",
        ("macos", "aarch64") => "darwin-arm64v8",
        _ => bail!("there is no PostgreSQL artifact for {system} on {machine}: start a Docker engine instead"),
    })
}

#[expect(clippy::disallowed_methods, reason = "where this machine keeps its Java is no setting of ours")]
fn java() -> PathBuf {
    let home = std::env::var_os("JAVA_HOME").filter(|home| !home.is_empty());
    home.map_or_else(|| "java".into(), |home| Path::new(&home).join("bin/java"))
}

fn check_java(java: &Path) -> anyhow::Result<()> {
    const HINT: &str = "Kafka needs Java 17 or newer: install a JDK (`apt install default-jdk-headless`, `brew install openjdk`), set JAVA_HOME, or start a Docker engine";
    let shown = Command::new(java)
        .arg("-version")
        .output()
        .with_context(|| format!("cannot run {}. {HINT}", java.display()))?;
    let text = String::from_utf8_lossy(&shown.stderr);
    let quoted = text.split('"').nth(1).unwrap_or_default();
    let major = quoted.split(['.', '-', '+']).next().and_then(|major| major.parse::<u32>().ok());
    ensure!(major >= Some(17), "{} is Java {quoted:?}. {HINT}", java.display());
    Ok(())
}

fn fetch(root: &Path, folder: &Path, platform: &str) -> anyhow::Result<()> {
    let incoming = root.join("incoming");
    if incoming.exists() {
        fs::remove_dir_all(&incoming)
            .with_context(|| format!("cannot remove {}, left by an interrupted install", incoming.display()))?;
    }
    open_directory(&incoming)?;
    say(&format!(
        "installing Apache Kafka {} and PostgreSQL {} (about 60 MB, once)",
        version("kafka.version"),
        version("postgres.version")
    ));
    maven(root, &incoming, platform)?;
    unpack(&incoming)?;
    for part in ["postgres-archive", "markers"] {
        fs::remove_dir_all(incoming.join(part)).with_context(|| format!("cannot remove {part}"))?;
    }
    fs::rename(&incoming, folder).with_context(|| format!("cannot move the servers to {}", folder.display()))?;
    say(&format!("installed in {}", folder.display()));
    Ok(())
}

fn maven(root: &Path, incoming: &Path, platform: &str) -> anyhow::Result<()> {
    let pom = incoming.join("pom.xml");
    fs::write(&pom, POM).with_context(|| format!("cannot write {}", pom.display()))?;
    // One stream, so that nothing of Maven's own reaches the terminal.
    let mut command = Command::new("sh");
    command.args(["-c", "exec mvn \"$@\" 2>&1", "sh", "-B", "--strict-checksums", "package", "-f"]).arg(&pom);
    command.arg(format!("-Dinto={}", incoming.display())).arg(format!("-Dplatform={platform}"));
    if !home_is_writable() {
        command.arg(format!("-Dmaven.repo.local={}", root.join("maven").display()));
    }
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot run sh")?;
    let output = follow(BufReader::new(child.stdout.take().expect("it is piped")));
    let status = child.wait().context("cannot wait for mvn")?;
    ensure!(
        status.code() != Some(127),
        "cannot run mvn: install Maven (`apt install maven`, `brew install maven`) or start a Docker engine"
    );
    ensure!(
        status.success(),
        "Maven could not fetch the servers; try again when the network is back. It said:\n{}",
        output[output.len().saturating_sub(20)..].join("\n")
    );
    Ok(())
}

/// Reads what Maven writes and says every few seconds how far it is.
fn follow(output: impl BufRead) -> Vec<String> {
    let mut lines = Vec::new();
    let (began, mut said) = (Instant::now(), Instant::now());
    let mut files = 0;
    for line in output.lines().map_while(Result::ok) {
        files += usize::from(line.contains("Downloaded from"));
        if files > 0 && said.elapsed() > Duration::from_secs(3) {
            said = Instant::now();
            say(&format!("  {files} files downloaded, {} s", began.elapsed().as_secs()));
        }
        lines.push(line);
    }
    lines
}

fn home_is_writable() -> bool {
    std::env::home_dir().is_some_and(|home| tempfile::tempfile_in(home).is_ok())
}

/// The PostgreSQL jar holds one compressed archive.
fn unpack(incoming: &Path) -> anyhow::Result<()> {
    let listed = fs::read_dir(incoming.join("postgres-archive")).context("the PostgreSQL artifact is empty")?;
    let archive =
        listed.flatten().map(|entry| entry.path()).find(|path| path.extension().is_some_and(|kind| kind == "txz"));
    let archive = archive.context("the PostgreSQL artifact holds no archive")?;
    let into = incoming.join("postgres");
    state::open_directory(&into)?;
    let done = Command::new("tar")
        .arg("-xJf")
        .arg(&archive)
        .arg("-C")
        .arg(&into)
        .arg("--no-same-owner")
        .output()
        .context("cannot run tar")?;
    ensure!(
        done.status.success(),
        "cannot unpack PostgreSQL: tar needs xz (`apt install xz-utils`). It said: {}",
        String::from_utf8_lossy(&done.stderr).trim()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_containers_are_of_the_same_versions() {
        let compose = include_str!("../../compose.yaml");
        let postgres = version("postgres.version").trim_end_matches(".0");
        for image in [format!("apache/kafka:{}", version("kafka.version")), format!("postgres:{postgres}-")] {
            assert!(compose.contains(&image), "compose.yaml does not name {image}");
        }
    }

    #[test]
    fn a_platform_without_an_artifact_is_refused_by_name() {
        assert_eq!(platform("macos", "aarch64").unwrap(), "darwin-arm64v8");
        assert!(platform("windows", "x86_64").unwrap_err().to_string().contains("windows"));
    }
}
