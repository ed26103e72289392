//! The function that the tests of the host run: the payload says what it does, and variables how it starts.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut variables = variables();
    if let Some(marker) = variables.get("PROBE_CRASH_WHILE_EXISTS")
        && std::fs::exists(marker)?
    {
        std::process::exit(3);
    }
    if variables.contains_key("PROBE_NEVER_POLL") {
        std::future::pending::<()>().await;
    }
    if let Some(bytes) = variables.get("PROBE_HOLD") {
        let held = hold(bytes.parse()?);
        std::future::pending::<()>().await;
        drop(held);
    }
    if let Some(file) = variables.get("PROBE_COUNT_INTO").cloned() {
        std::thread::spawn(move || count_into(&file));
    }
    if let Some(marker) = variables.remove("PROBE_WRITE_AT_SIGTERM") {
        let write = move || async move { std::fs::write(marker, "ended in order").expect("a writable folder") };
        lambda_runtime::spawn_graceful_shutdown_handler(write).await;
    }
    lambda_runtime::run(service_fn(handle)).await
}

#[expect(clippy::disallowed_methods, reason = "what a function finds around it is what is tested")]
fn variables() -> BTreeMap<String, String> {
    std::env::vars().collect()
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "what a function prints is what is tested")]
async fn handle(event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let (payload, context) = event.into_parts();
    if let Some(answer) = payload.pointer("/headers/x-probe-answer").and_then(Value::as_str) {
        return Ok(serde_json::from_str(answer).expect("an answer in JSON"));
    }
    if payload["version"] == "2.0" {
        return Ok(json!({ "statusCode": 200, "body": payload.to_string() }));
    }
    if let Some(marker) = payload["mark"].as_str() {
        std::fs::write(marker, "").expect("a writable folder");
    }
    if let Some(folder) = payload["in"].as_str() {
        enter(Path::new(folder));
    }
    match payload["do"].as_str() {
        Some("context") => Ok(json!({
            "requestId": context.request_id,
            "deadline": context.deadline,
            "arn": context.invoked_function_arn,
            "traceId": context.xray_trace_id,
            "variables": variables(),
        })),
        Some("pid") => Ok(std::process::id().into()),
        Some("fail") => Err(Diagnostic { error_type: "Probe".into(), error_message: "as asked".into() }),
        Some("panic") => panic!("as asked"),
        Some("exit") => std::process::exit(7),
        Some("sleep") => {
            tokio::time::sleep(Duration::from_millis(payload["ms"].as_u64().expect("ms"))).await;
            Ok(payload)
        }
        Some("hang") => {
            let _held = hold(payload["bytes"].as_u64().unwrap_or_default());
            loop {
                // Not even a runtime that still polls its tasks: nothing but a signal ends this.
                std::thread::sleep(Duration::from_secs(1));
            }
        }
        Some("start-a-child") => Ok(start_a_child().into()),
        Some("hold") => {
            let held = hold(payload["bytes"].as_u64().expect("bytes"));
            tokio::time::sleep(Duration::from_millis(payload["ms"].as_u64().unwrap_or_default())).await;
            drop(held);
            Ok(payload)
        }
        Some("start-a-child-that-holds") => {
            let child = start_a_child_that_holds(payload["bytes"].as_u64().expect("bytes"));
            tokio::time::sleep(Duration::from_millis(payload["ms"].as_u64().expect("ms"))).await;
            Ok(child.into())
        }
        Some("be-counted") => Ok(be_counted(Path::new(payload["folder"].as_str().expect("a folder"))).await.into()),
        Some("wait") => {
            while !std::fs::exists(payload["until"].as_str().expect("a file")).expect("a readable folder") {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Ok(payload)
        }
        Some("write-with-labels") => {
            let about =
                r#"{"CloudWatchMetrics":[{"Dimensions":[["function","n"]],"Metrics":[{"Name":"a","Unit":"Count"}]}]}"#;
            for n in 0..payload["times"].as_u64().expect("times") {
                println!(r#"{{"_aws":{about},"function":"probe","n":"{n}","a":1}}"#);
            }
            Ok(Value::Null)
        }
        Some("write") => {
            println!("{}", payload["line"].as_str().expect("a line"));
            Ok(Value::Null)
        }
        Some("big") => {
            Ok("x".repeat(usize::try_from(payload["bytes"].as_u64().expect("bytes")).expect("a size")).into())
        }
        Some("print") => {
            println!("to standard output");
            eprintln!("to standard error");
            Ok(Value::Null)
        }
        _ => Ok(payload),
    }
}

fn start_a_child() -> u32 {
    std::process::Command::new("/bin/sleep").arg("600").spawn().expect("a child").id()
}

/// Memory of so many bytes, each page of it written to.
fn hold(bytes: u64) -> Vec<u8> {
    vec![1; usize::try_from(bytes).expect("a size")]
}

fn start_a_child_that_holds(bytes: u64) -> u32 {
    let own = std::env::current_exe().expect("a path");
    std::process::Command::new(own).env("PROBE_HOLD", bytes.to_string()).spawn().expect("a child").id()
}

/// How many run at once with this one: each leaves a file with its id for as long as it runs.
async fn be_counted(folder: &Path) -> usize {
    let own = enter(folder);
    let mut most = 0;
    for _ in 0..10 {
        let ids = std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.file_name());
        most = most.max(ids.filter(|id| Path::new("/proc").join(id).exists()).count());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    std::fs::remove_file(own).expect("a writable folder");
    most
}

fn enter(folder: &Path) -> PathBuf {
    let own = folder.join(std::process::id().to_string());
    std::fs::write(&own, "").expect("a writable folder");
    own
}

/// Work that goes on between invocations, as far as it may: a file that grows.
fn count_into(file: &str) {
    let mut file = File::create(file).expect("a writable folder");
    loop {
        file.write_all(b".").expect("a writable folder");
        std::thread::sleep(Duration::from_millis(1));
    }
}
