//! A host with functions that are all the same binary, `examples/probe.rs`, under other names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::{Client, Response};
use runtime::{LogSink, Running, Runtime, RuntimeConfig};
use serde_json::Value;
use tempfile::TempDir;
use template::{Function, Route};

pub const PATIENCE: Duration = Duration::from_secs(20);

/// A running host, and what its functions have written.
pub struct Host {
    pub running: Running,
    pub client: Client,
    pub folder: TempDir,
    lines: Arc<Mutex<Vec<String>>>,
}

pub fn function(name: &str, timeout: Duration) -> Function {
    Function {
        logical_id: name.to_owned(),
        name: name.to_owned(),
        timeout,
        memory_mb: 512,
        concurrency: None,
        environment: BTreeMap::new(),
        deployed: BTreeSet::new(),
        routes: Vec::new(),
        mappings: Vec::new(),
        schedules: Vec::new(),
    }
}

pub fn route(method: &str, path: &str) -> Route {
    Route { method: method.to_owned(), path: path.to_owned() }
}

/// Cargo puts examples beside the folder of the test binaries.
pub fn probe() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let probe = test.ancestors().nth(2).unwrap().join("examples/probe");
    assert!(probe.is_file(), "{} is not built: run `cargo build -p runtime --examples`", probe.display());
    probe
}

/// A folder of binaries for `functions`.
pub fn bin_dir(functions: &[Function]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for function in functions {
        std::os::unix::fs::symlink(probe(), folder.path().join(&function.name)).unwrap();
    }
    folder
}

impl Host {
    pub async fn start(functions: Vec<Function>) -> Self {
        Self::start_with(functions, |_, _| ()).await
    }

    pub async fn start_with(functions: Vec<Function>, change: impl FnOnce(&mut RuntimeConfig, &Path)) -> Self {
        let folder = bin_dir(&functions);
        let lines = Arc::new(Mutex::new(Vec::new()));
        let mut config = RuntimeConfig::new(functions, folder.path());
        config.init_limit = PATIENCE;
        config.log = LogSink::new({
            let lines = Arc::clone(&lines);
            move |function, line| lines.lock().unwrap().push(format!("{function}: {line}"))
        });
        change(&mut config, folder.path());
        let running = Runtime::start(config).await.unwrap();
        Self { running, client: Client::builder().no_proxy().build().unwrap(), folder, lines }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.addr)
    }

    pub async fn post(&self, function: &str, payload: Value) -> Response {
        let url = self.url(&format!("/2015-03-31/functions/{function}/invocations"));
        self.client.post(url).json(&payload).send().await.unwrap()
    }

    /// The answer of a function that succeeds.
    pub async fn answer(&self, function: &str, payload: Value) -> Value {
        let response = self.post(function, payload).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers().get("x-amz-function-error"), None);
        response.json().await.unwrap()
    }

    /// The error of a function that fails.
    pub async fn error(&self, function: &str, payload: Value) -> Value {
        let response = self.post(function, payload).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["x-amz-function-error"], "Unhandled");
        response.json().await.unwrap()
    }

    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

/// Waits until `condition` holds.
pub async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Whether anything of the process exists but a zombie, which waits for a parent only: its threads die one after the other.
pub fn is_running(pid: u64) -> bool {
    states_of_threads(pid).iter().any(|state| *state != 'Z')
}

/// Waits until every thread of a process stands still: the signal reaches them one after the other.
pub async fn frozen(pid: u64) {
    eventually("every thread of the process stands still", || {
        let states = states_of_threads(pid);
        !states.is_empty() && states.iter().all(|state| *state == 'T')
    })
    .await;
}

fn states_of_threads(pid: u64) -> Vec<char> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let stats = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("stat")).ok());
    stats.filter_map(|stat| stat.rsplit(')').next()?.trim_start().chars().next()).collect()
}

/// The runtime as a program.
pub struct Program {
    pub process: Child,
    pub folder: TempDir,
    url: String,
    client: Client,
}

impl Program {
    /// Starts it with functions of these names, each with 128 MB, and waits until it answers. Its log goes to `log` in the folder.
    pub async fn start(names: &[&str], log_level: &str) -> Self {
        let functions: Vec<Function> = names.iter().map(|name| function(name, PATIENCE)).collect();
        let folder = bin_dir(&functions);
        let template = folder.path().join("template.yaml");
        std::fs::write(&template, template_of(names)).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let listen = format!("127.0.0.1:{port}");
        let process = Command::new(env!("CARGO_BIN_EXE_runtime"))
            .args(["--listen", &listen, "--template"])
            .arg(&template)
            .arg("--bin-dir")
            .arg(folder.path())
            .env("RUST_LOG", log_level)
            .stdout(File::create(folder.path().join("log")).unwrap())
            .process_group(0)
            .spawn()
            .unwrap();
        let program = Self {
            process,
            folder,
            url: format!("http://{listen}"),
            client: Client::builder().no_proxy().build().unwrap(),
        };
        let started = Instant::now();
        while program.client.get(&program.url).send().await.is_err() {
            assert!(started.elapsed() < PATIENCE, "the host does not answer");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        program
    }

    /// A call that is made when it is awaited.
    pub fn call(
        &self,
        function: &str,
        payload: &Value,
    ) -> impl Future<Output = reqwest::Result<Response>> + Send + 'static {
        self.client.post(format!("{}/2015-03-31/functions/{function}/invocations", self.url)).json(payload).send()
    }

    pub async fn answer(&self, function: &str, payload: Value) -> Value {
        self.call(function, &payload).await.unwrap().json().await.unwrap()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    pub fn send(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.process.id()).unwrap()), signal).unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has ended where the test ended it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn template_of(names: &[&str]) -> String {
    let function = |(place, name)| {
        format!(
            "  Probe{place}:\n    Type: AWS::Serverless::Function\n    Properties:\n      FunctionName: {name}\n      \
             CodeUri: probe.zip\n      Runtime: provided.al2023\n      Handler: bootstrap\n      \
             Architectures: [arm64]\n      Timeout: 60\n      MemorySize: 128\n"
        )
    };
    let functions: Vec<String> = names.iter().enumerate().map(function).collect();
    let beginning = "AWSTemplateFormatVersion: '2010-09-09'\nTransform: AWS::Serverless-2016-10-31\nResources:\n";
    beginning.to_owned() + &functions.concat()
}
