//! How a host ends, and what it leaves behind.

use std::time::{Duration, Instant};

use crate::support::{Host, PATIENCE, Program, eventually, frozen, function, is_running};
use nix::sys::signal::Signal;
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
async fn frozen_functions_are_asked_to_end_before_they_are_killed() {
    let host = Host::start_with(vec![function("probe", LONG)], |config, folder| {
        let marker = folder.join("ended").display().to_string();
        config.env.insert("PROBE_WRITE_AT_SIGTERM".to_owned(), marker);
    })
    .await;
    frozen(host.answer("probe", json!({ "do": "pid" })).await.as_u64().unwrap()).await;
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
    frozen(pid).await;
    drop(host);
    eventually("the process is killed", || !is_running(pid)).await;
}

/// The real program, killed as the kernel does when memory runs out.
#[tokio::test]
async fn a_host_killed_outright_leaves_no_process_neither_one_that_hangs_nor_one_that_is_frozen() {
    let mut program = Program::start(&["busy", "idle"], "info").await;
    let busy = program.answer("busy", json!({ "do": "pid" })).await.as_u64().unwrap();
    let idle = program.answer("idle", json!({ "do": "pid" })).await.as_u64().unwrap();
    let child = program.answer("idle", json!({ "do": "start-a-child" })).await.as_u64().unwrap();
    let mark = program.folder.path().join("begun");
    let hanging = tokio::spawn(program.call("busy", &json!({ "do": "hang", "mark": mark })));
    eventually("the invocation has begun", || mark.exists()).await;
    frozen(idle).await;
    frozen(child).await;
    program.send(Signal::SIGKILL);
    program.process.wait().unwrap();
    for pid in [busy, idle, child] {
        eventually("the functions are gone with their host", || !is_running(pid)).await;
    }
    hanging.await.unwrap().unwrap_err();
}

#[tokio::test]
async fn at_sigterm_a_running_invocation_is_answered_and_frozen_functions_end() {
    let mut program = Program::start(&["busy", "idle"], "info").await;
    let busy = program.answer("busy", json!({ "do": "pid" })).await.as_u64().unwrap();
    let idle = program.answer("idle", json!({ "do": "pid" })).await.as_u64().unwrap();
    let mark = program.folder.path().join("begun");
    let call = tokio::spawn(program.call("busy", &json!({ "do": "sleep", "ms": 500, "n": 1, "mark": mark })));
    eventually("the invocation has begun", || mark.exists()).await;
    frozen(idle).await;
    program.send(Signal::SIGTERM);
    assert_eq!(call.await.unwrap().unwrap().json::<serde_json::Value>().await.unwrap()["n"], 1);
    assert!(program.process.wait().unwrap().success());
    assert!(!is_running(busy) && !is_running(idle));
}
