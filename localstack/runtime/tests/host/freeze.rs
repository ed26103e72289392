//! Environments between invocations: nothing of them runs.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::support::{Host, PATIENCE, eventually, frozen, function, is_running};
use serde_json::json;

const LONG: Duration = Duration::from_mins(1);
/// Time in which a process that is not frozen does a lot.
const WHILE: Duration = Duration::from_millis(300);

async fn pid(host: &Host, function: &str) -> u64 {
    host.answer(function, json!({ "do": "pid" })).await.as_u64().unwrap()
}

/// A host with a function that counts in the background, and where it writes how far it is.
async fn counting() -> (Host, PathBuf) {
    let host = Host::start_with(vec![function("probe", LONG)], |config, folder| {
        let file = folder.join("count").display().to_string();
        config.env.insert("PROBE_COUNT_INTO".to_owned(), file);
    })
    .await;
    let file = host.folder.path().join("count");
    (host, file)
}

/// Nothing where it was frozen before it began.
fn count(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |file| file.len())
}

#[tokio::test]
async fn what_a_function_does_in_the_background_stands_still_between_invocations_and_goes_on_in_the_next() {
    let (host, file) = counting().await;
    let pid = pid(&host, "probe").await;
    for _ in 0..2 {
        frozen(pid).await;
        let before = count(&file);
        tokio::time::sleep(WHILE).await;
        assert_eq!(count(&file), before);
        host.answer("probe", json!({ "do": "sleep", "ms": 300 })).await;
        frozen(pid).await;
        assert!(count(&file) > before, "it did not go on");
    }
}

#[tokio::test]
async fn what_a_function_has_started_is_frozen_with_it() {
    let host = Host::start(vec![function("probe", LONG)]).await;
    let child = host.answer("probe", json!({ "do": "start-a-child" })).await.as_u64().unwrap();
    frozen(child).await;
}

#[tokio::test]
async fn time_spent_frozen_counts_neither_against_the_deadline_nor_the_time_limit() {
    let host = Host::start(vec![function("probe", Duration::from_secs(2))]).await;
    let pid = pid(&host, "probe").await;
    frozen(pid).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    #[expect(clippy::disallowed_methods, reason = "a true deadline is one by the real clock")]
    let before = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let seen = host.answer("probe", json!({ "do": "context" })).await;
    let deadline = Duration::from_millis(seen["deadline"].as_u64().unwrap());
    assert!(deadline >= before + Duration::from_millis(1_999), "{deadline:?} is sooner than the time limit");
    assert!(deadline < before + Duration::from_secs(2) + PATIENCE, "{deadline:?} is later than the time limit");
    frozen(pid).await;
    host.answer("probe", json!({ "do": "sleep", "ms": 1000 })).await;
    assert!(is_running(pid));
}

#[tokio::test]
async fn a_thawed_function_that_runs_past_its_time_limit_is_killed() {
    let host = Host::start(vec![function("probe", Duration::from_secs(1))]).await;
    let pid = pid(&host, "probe").await;
    frozen(pid).await;
    assert_eq!(host.error("probe", json!({ "do": "hang" })).await["errorType"], "Sandbox.Timedout");
    assert!(!is_running(pid));
}

#[tokio::test]
async fn a_function_killed_while_it_is_frozen_costs_no_invocation() {
    let host = Host::start(vec![function("probe", LONG)]).await;
    let first = pid(&host, "probe").await;
    frozen(first).await;
    let process = nix::unistd::Pid::from_raw(i32::try_from(first).unwrap());
    nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGKILL).unwrap();
    eventually("the process is gone", || !is_running(first)).await;
    assert_ne!(pid(&host, "probe").await, first);
}
