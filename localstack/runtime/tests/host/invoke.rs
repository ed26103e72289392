//! The Invoke API and the processes behind it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::support::{Host, PATIENCE, eventually, function, is_running};
use serde_json::{Value, json};
use tokio::task::JoinSet;

const LONG: Duration = Duration::from_mins(1);

#[tokio::test]
async fn the_deadline_and_the_names_that_a_function_sees_are_true() {
    let mut probe = function("probe", LONG);
    probe.environment = [("FROM", "template"), ("OVER", "template")].map(|(n, v)| (n.to_owned(), v.to_owned())).into();
    let host = Host::start_with(vec![probe], |config, _| {
        config.env.insert("OVER".to_owned(), "overlay".to_owned());
    })
    .await;
    #[expect(clippy::disallowed_methods, reason = "a true deadline is one by the real clock")]
    let before = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let seen = host.answer("probe", json!({ "do": "context" })).await;
    let deadline = Duration::from_millis(seen["deadline"].as_u64().unwrap());
    assert!(deadline >= before + LONG, "{deadline:?} is sooner than the time limit");
    assert!(deadline < before + LONG + PATIENCE, "{deadline:?} is later than the start and the time limit");
    assert_eq!(seen["arn"], "arn:aws:lambda:us-east-1:123456789012:function:probe");
    assert!(seen["traceId"].as_str().unwrap().starts_with("Root=1-"));
    assert_eq!(seen["variables"]["FROM"], "template");
    assert_eq!(seen["variables"]["OVER"], "overlay");
    assert_eq!(seen["variables"]["AWS_LAMBDA_FUNCTION_NAME"], "probe");
    assert_eq!(seen["variables"]["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"], "512");
    assert_eq!(seen["variables"]["AWS_LAMBDA_LOG_GROUP_NAME"], "/aws/lambda/probe");
    assert!(seen["variables"].get("CARGO_PKG_NAME").is_none(), "the host's own environment leaks");
}

#[tokio::test]
async fn what_the_template_gives_to_one_function_no_other_gets() {
    let (mut one, mut two) = (function("one", LONG), function("two", LONG));
    one.deployed = ["OWNER".to_owned(), "BOTH".to_owned()].into();
    two.environment = [("BOTH", "template"), ("HERS", "template")].map(|(n, v)| (n.to_owned(), v.to_owned())).into();
    let host = Host::start_with(vec![one, two], |config, _| {
        let own = ["OWNER", "BOTH", "HERS", "NOBODYS"].map(|name| (name.to_owned(), "host".to_owned()));
        config.env.extend(own);
    })
    .await;
    let seen = async |name: &str| host.answer(name, json!({ "do": "context" })).await["variables"].clone();
    let of = |seen: &Value| ["OWNER", "BOTH", "HERS", "NOBODYS"].map(|name| seen[name].as_str().is_some());
    assert_eq!(of(&seen("one").await), [true, true, false, true]);
    assert_eq!(of(&seen("two").await), [false, true, true, true]);
    assert_eq!(seen("two").await["BOTH"], "host");
}

#[tokio::test]
async fn one_process_serves_one_invocation_after_the_other() {
    let host = Host::start(vec![function("probe", LONG)]).await;
    let first = host.answer("probe", json!({ "do": "pid" })).await;
    assert_eq!(host.answer("probe", json!({ "n": 1 })).await, json!({ "n": 1 }));
    assert_eq!(host.answer("probe", json!({ "do": "pid" })).await, first);
}

#[tokio::test]
async fn an_invocation_past_its_time_limit_is_killed_and_the_next_one_works() {
    let host = Host::start(vec![function("probe", Duration::from_secs(1))]).await;
    let pid = host.answer("probe", json!({ "do": "pid" })).await.as_u64().unwrap();
    let started = Instant::now();
    let error = host.error("probe", json!({ "do": "hang" })).await;
    assert!(started.elapsed() >= Duration::from_secs(1), "cut off before its time: {:?}", started.elapsed());
    assert_eq!(error["errorType"], "Sandbox.Timedout");
    assert!(error["errorMessage"].as_str().unwrap().ends_with("Task timed out after 1.00 seconds"), "{error}");
    assert!(!is_running(pid), "whoever is told of the end is told after it");
    assert_ne!(host.answer("probe", json!({ "do": "pid" })).await, pid);
}

#[tokio::test]
async fn a_process_that_exits_in_an_invocation_fails_it_and_the_next_one_gets_a_fresh_process() {
    let host = Host::start(vec![function("probe", LONG)]).await;
    let pid = host.answer("probe", json!({ "do": "pid" })).await;
    let error = host.error("probe", json!({ "do": "exit" })).await;
    assert_eq!(error["errorType"], "Runtime.ExitError");
    assert!(error["errorMessage"].as_str().unwrap().ends_with("Runtime exited with error: exit status 7"), "{error}");
    assert_ne!(host.answer("probe", json!({ "do": "pid" })).await, pid);
}

#[tokio::test]
async fn a_handlers_error_and_panic_reach_the_caller_and_keep_the_process() {
    let host = Host::start(vec![function("probe", LONG)]).await;
    let pid = host.answer("probe", json!({ "do": "pid" })).await;
    let error = host.error("probe", json!({ "do": "fail" })).await;
    assert_eq!(error, json!({ "errorType": "Probe", "errorMessage": "as asked" }));
    let error = host.error("probe", json!({ "do": "panic" })).await;
    assert!(error["errorMessage"].as_str().unwrap().contains("as asked"), "{error}");
    assert_eq!(host.answer("probe", json!({ "do": "pid" })).await, pid);
}

#[tokio::test]
async fn a_crash_at_the_start_is_answered_and_tried_again_with_the_next_invocation() {
    let host = Host::start_with(vec![function("probe", LONG)], |config, folder| {
        let marker = folder.join("crash").display().to_string();
        std::fs::write(&marker, "").unwrap();
        config.env.insert("PROBE_CRASH_WHILE_EXISTS".to_owned(), marker);
    })
    .await;
    for _ in 0..2 {
        let error = host.error("probe", json!({})).await;
        assert_eq!(error["errorType"], "Runtime.ExitError");
        assert!(error["errorMessage"].as_str().unwrap().ends_with("exit status 3"), "{error}");
    }
    std::fs::remove_file(host.folder.path().join("crash")).unwrap();
    assert_eq!(host.answer("probe", json!({ "n": 1 })).await, json!({ "n": 1 }));
}

#[tokio::test]
async fn a_function_that_never_polls_is_given_up_after_the_init_limit() {
    let host = Host::start_with(vec![function("probe", LONG)], |config, _| {
        config.init_limit = Duration::from_millis(500);
        config.env.insert("PROBE_NEVER_POLL".to_owned(), "1".to_owned());
    })
    .await;
    let error = host.error("probe", json!({})).await;
    assert_eq!(error["errorType"], "Sandbox.Timedout");
    assert!(error["errorMessage"].as_str().unwrap().contains("did not poll"), "{error}");
}

#[tokio::test]
async fn more_callers_than_processes_wait_for_their_turn_and_each_gets_its_own_answer() {
    let host = std::sync::Arc::new(Host::start(vec![function("probe", LONG)]).await);
    let mut calls = JoinSet::new();
    for n in 0..20 {
        let host = std::sync::Arc::clone(&host);
        calls.spawn(async move {
            let payload = json!({ "do": "sleep", "ms": 5, "n": n });
            assert_eq!(host.answer("probe", payload.clone()).await, payload);
            host.answer("probe", json!({ "do": "pid" })).await
        });
    }
    let pids = calls.join_all().await;
    assert!(pids.iter().all(|pid| *pid == pids[0]), "one process at a time was asked for: {pids:?}");
}

#[tokio::test]
async fn reserved_concurrency_is_the_number_of_processes() {
    let mut probe = function("probe", LONG);
    probe.concurrency = Some(2);
    let host = Host::start(vec![probe]).await;
    let pids = tokio::join!(
        async { host.answer("probe", json!({ "do": "sleep", "ms": 300 })).await },
        async { host.answer("probe", json!({ "do": "pid" })).await },
        async { host.answer("probe", json!({ "do": "pid" })).await },
    );
    assert_eq!(pids.1, pids.2, "the idle process is used before a third is started");
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_harm_the_invocation_after_it() {
    let host = Host::start(vec![function("probe", LONG)]).await;
    let pid = host.answer("probe", json!({ "do": "pid" })).await;
    let url = host.url("/2015-03-31/functions/probe/invocations");
    let call = host.client.post(url).json(&json!({ "do": "sleep", "ms": 500 })).timeout(Duration::from_millis(100));
    call.send().await.unwrap_err();
    assert_eq!(host.answer("probe", json!({ "do": "pid" })).await, pid);
}

#[tokio::test]
async fn unknown_functions_and_asynchronous_invocations_are_refused_by_name() {
    let host = Host::start(vec![function("probe", LONG)]).await;
    let response = host.post("nobody", json!({})).await;
    assert_eq!(response.status(), 404);
    assert_eq!(response.headers()["x-amzn-errortype"], "ResourceNotFoundException");
    assert!(response.text().await.unwrap().contains("Function not found: nobody"));
    let url = host.url("/2015-03-31/functions/probe/invocations");
    let response = host.client.post(url).header("x-amz-invocation-type", "Event").send().await.unwrap();
    assert_eq!(response.status(), 400);
    assert!(response.text().await.unwrap().contains("synchronously only"));
}

#[tokio::test]
async fn payloads_and_answers_beyond_six_megabytes_are_refused() {
    const LIMIT: usize = 6 * 1024 * 1024;
    let host = Host::start(vec![function("probe", LONG)]).await;
    let url = host.url("/2015-03-31/functions/probe/invocations");
    let whole = format!("\"{}\"", "x".repeat(LIMIT - 2));
    let response = host.client.post(&url).body(whole.clone()).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.bytes().await.unwrap().len()), (200, LIMIT));
    let response = host.client.post(&url).body(whole + " ").send().await.unwrap();
    assert_eq!(response.status(), 413);
    let error = host.error("probe", json!({ "do": "big", "bytes": LIMIT })).await;
    assert_eq!(error["errorType"], "Function.ResponseSizeTooLarge");
    assert_eq!(host.answer("probe", json!({ "n": 1 })).await, json!({ "n": 1 }));
}

#[tokio::test]
async fn what_a_function_prints_comes_out_under_its_name() {
    let host = Host::start(vec![function("one", LONG), function("two", LONG)]).await;
    host.answer("one", json!({ "do": "print" })).await;
    host.answer("two", json!({ "do": "print" })).await;
    for line in ["one: to standard output", "one: to standard error", "two: to standard output"] {
        eventually(line, || host.lines().iter().any(|seen| seen == line)).await;
    }
}
