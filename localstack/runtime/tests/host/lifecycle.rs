//! How a host ends, and what it leaves behind.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Host, PATIENCE, bin_dir, eventually, function, is_running};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;

const LONG: Duration = Duration::from_mins(1);

#[tokio::test]
async fn shutdown_lets_the_running_invocation_finish_and_leaves_no_process() {
    let host = Host::start(vec![function("probe", LONG)]).await;
    let pid = host.answer("probe", json!({ "do": "pid" })).await.as_u64().unwrap();
    let url = host.url("/2015-03-31/functions/probe/invocations");
    let mark = host.folder.path().join("begun");
    let payload = json!({ "do": "sleep", "ms": 700, "n": 1, "mark": mark });
    let call = tokio::spawn(host.client.post(url).json(&payload).send());
    eventually("the invocation has begun", || mark.exists()).await;
    host.running.shutdown().await;
    assert_eq!(call.await.unwrap().unwrap().json::<serde_json::Value>().await.unwrap()["n"], 1);
    assert!(!is_running(pid));
}

#[tokio::test]
async fn shutdown_cuts_off_what_does_not_finish_in_its_time() {
    let host = Host::start_with(vec![function("probe", LONG)], |config, _| {
        config.shutdown_grace = Duration::from_millis(500);
    })
    .await;
    let pid = host.answer("probe", json!({ "do": "pid" })).await.as_u64().unwrap();
    let url = host.url("/2015-03-31/functions/probe/invocations");
    let mark = host.folder.path().join("begun");
    let call = tokio::spawn(host.client.post(url).json(&json!({ "do": "hang", "mark": mark })).send());
    eventually("the invocation has begun", || mark.exists()).await;
    let started = Instant::now();
    host.running.shutdown().await;
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
    eventually("the process is killed", || !is_running(pid)).await;
    // The caller is told by whatever is left: an error answer or a closed connection.
    assert!(call.await.unwrap().map_or(true, |answer| answer.headers().contains_key("x-amz-function-error")));
}

#[tokio::test]
async fn functions_are_asked_to_end_before_they_are_killed() {
    let host = Host::start_with(vec![function("probe", LONG)], |config, folder| {
        let marker = folder.join("ended").display().to_string();
        config.env.insert("PROBE_WRITE_AT_SIGTERM".to_owned(), marker);
    })
    .await;
    host.answer("probe", json!({})).await;
    let marker = host.folder.path().join("ended");
    host.running.shutdown().await;
    assert_eq!(std::fs::read_to_string(marker).unwrap(), "ended in order");
}

#[tokio::test]
async fn what_a_function_starts_ends_with_it() {
    let host = Host::start(vec![function("probe", LONG)]).await;
    let child = host.answer("probe", json!({ "do": "start-a-child" })).await.as_u64().unwrap();
    assert!(is_running(child));
    host.running.shutdown().await;
    eventually("the grandchild is gone", || !is_running(child)).await;
}

#[tokio::test]
async fn a_host_that_is_dropped_leaves_no_process() {
    let host = Host::start(vec![function("probe", LONG)]).await;
    let pid = host.answer("probe", json!({ "do": "pid" })).await.as_u64().unwrap();
    drop(host);
    eventually("the process is killed", || !is_running(pid)).await;
}

/// The real program, killed as the kernel does when memory runs out.
#[tokio::test]
async fn a_host_killed_outright_leaves_no_process_even_one_that_hangs() {
    let functions = [function("probe", LONG)];
    let bin_dir = bin_dir(&functions);
    let template = bin_dir.path().join("template.yaml");
    std::fs::write(&template, TEMPLATE).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let listen = format!("127.0.0.1:{port}");
    let mut host = Command::new(env!("CARGO_BIN_EXE_runtime"))
        .args(["--listen", &listen, "--template"])
        .arg(&template)
        .arg("--bin-dir")
        .arg(bin_dir.path())
        .stdout(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap();
    let url = format!("http://{listen}/2015-03-31/functions/probe/invocations");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let started = Instant::now();
    let pid: u64 = loop {
        assert!(started.elapsed() < PATIENCE, "the host does not answer");
        match client.post(&url).json(&json!({ "do": "pid" })).send().await {
            Ok(answer) => break answer.json().await.unwrap(),
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    let mark = bin_dir.path().join("begun");
    let hanging = tokio::spawn(client.post(&url).json(&json!({ "do": "hang", "mark": mark })).send());
    eventually("the invocation has begun", || mark.exists()).await;
    assert!(is_running(pid));
    kill(Pid::from_raw(i32::try_from(host.id()).unwrap()), Signal::SIGKILL).unwrap();
    host.wait().unwrap();
    eventually("the function is gone with its host", || !is_running(pid)).await;
    hanging.await.unwrap().unwrap_err();
}

const TEMPLATE: &str = "\
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Resources:
  Probe:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: probe
      CodeUri: probe.zip
      Runtime: provided.al2023
      Handler: bootstrap
      Architectures: [arm64]
      Timeout: 60
      MemorySize: 512
";
