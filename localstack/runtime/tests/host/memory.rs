//! What becomes of functions that hold more memory than they have.

use std::time::{Duration, Instant};

use crate::support::{Host, PATIENCE, Program, eventually, function, is_running};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use template::Function;

const LONG: Duration = Duration::from_mins(1);
const MB: u64 = 1 << 20;

fn small() -> Function {
    Function { memory_mb: 128, ..function("probe", LONG) }
}

fn is_killed(error: &Value) {
    assert_eq!(error["errorType"], "Runtime.ExitError");
    assert!(error["errorMessage"].as_str().unwrap().ends_with("Runtime exited with error: signal: killed"), "{error}");
}

#[tokio::test]
async fn a_function_that_holds_more_than_its_memory_is_killed_at_once_and_the_next_invocation_works() {
    let host = Host::start(vec![small()]).await;
    let pid = host.answer("probe", json!({ "do": "pid" })).await.as_u64().unwrap();
    let started = Instant::now();
    is_killed(&host.error("probe", json!({ "do": "hold", "bytes": 160 * MB, "ms": 50_000 })).await);
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
    assert!(!is_running(pid));
    assert_ne!(host.answer("probe", json!({ "do": "pid" })).await, pid);
}

#[tokio::test]
async fn a_function_may_use_the_memory_that_it_has() {
    let host = Host::start(vec![small()]).await;
    let pid = host.answer("probe", json!({ "do": "pid" })).await;
    host.answer("probe", json!({ "do": "hold", "bytes": 80 * MB, "ms": 300 })).await;
    assert_eq!(host.answer("probe", json!({ "do": "pid" })).await, pid);
}

#[tokio::test]
async fn what_a_function_has_started_counts_against_its_memory() {
    let host = Host::start(vec![small()]).await;
    let payload = json!({ "do": "start-a-child-that-holds", "bytes": 160 * MB, "ms": 50_000 });
    let started = Instant::now();
    is_killed(&host.error("probe", payload).await);
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_peak_between_two_looks_is_seen_before_the_answer() {
    let host = Host::start_with(vec![small()], |config, _| config.memory_interval = LONG).await;
    is_killed(&host.error("probe", json!({ "do": "hold", "bytes": 160 * MB })).await);
    host.answer("probe", json!({ "do": "hold", "bytes": 80 * MB })).await;
}

#[tokio::test]
async fn a_function_that_needs_more_than_its_memory_to_start_is_killed() {
    let host = Host::start_with(vec![small()], |config, _| {
        config.env.insert("PROBE_HOLD".to_owned(), (160 * MB).to_string());
    })
    .await;
    is_killed(&host.error("probe", json!({})).await);
}

/// One field of a line that Lambda writes after an invocation: `Max Memory Used: 21 MB`.
fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.split('\t').find_map(|field| field.trim_end().strip_prefix(name)?.strip_prefix(": "))
}

#[tokio::test]
async fn the_log_says_who_was_out_of_memory_and_how_each_invocation_went() {
    let mut program = Program::start(&["probe"], "runtime=debug").await;
    program.answer("probe", json!({})).await;
    program.answer("probe", json!({ "do": "sleep", "ms": 100 })).await;
    is_killed(&program.answer("probe", json!({ "do": "hold", "bytes": 160 * MB, "ms": 50_000 })).await);
    let reports = || {
        let log = program.log();
        let lines = log.lines().filter(|line| line.contains("REPORT RequestId: "));
        lines.filter_map(|line| line.strip_suffix(" function=\"probe\"")).map(str::to_owned).collect::<Vec<_>>()
    };
    eventually("three invocations are reported", || reports().len() == 3).await;
    let log = program.log();
    let lost = log.lines().find(|line| line.contains("out of memory")).unwrap();
    assert!(lost.contains("function=probe") && lost.contains("used_mb=1") && lost.contains("limit_mb=128"), "{lost}");
    let reports = reports();
    let milliseconds =
        |line: &str, name| field(line, name).unwrap().strip_suffix(" ms").unwrap().parse::<f64>().unwrap();
    assert!(field(&reports[0], "Init Duration").is_some() && field(&reports[1], "Init Duration").is_none());
    assert!(milliseconds(&reports[1], "Duration") >= 100.0);
    assert!((milliseconds(&reports[1], "Billed Duration") - milliseconds(&reports[1], "Duration").ceil()).abs() < 1.5);
    for report in &reports {
        assert_eq!(field(report, "Memory Size"), Some("128 MB"));
    }
    let used =
        |line: &str| field(line, "Max Memory Used").unwrap().strip_suffix(" MB").unwrap().parse::<u64>().unwrap();
    assert!((1..128).contains(&used(&reports[1])) && used(&reports[2]) > 128, "{reports:?}");
    assert_eq!(field(&reports[1], "Status"), None);
    assert_eq!(
        (field(&reports[2], "Status"), field(&reports[2], "Error Type")),
        (Some("error"), Some("Runtime.ExitError"))
    );
    program.send(Signal::SIGTERM);
    assert!(program.process.wait().unwrap().success());
}
