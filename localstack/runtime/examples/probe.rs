//! The function that the tests of the host run: the payload says what it does, and variables how it starts.

use std::collections::BTreeMap;
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
        Some("hang") => loop {
            // Not even a runtime that still polls its tasks: nothing but a signal ends this.
            std::thread::sleep(Duration::from_secs(1));
        },
        Some("start-a-child") => Ok(start_a_child().into()),
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
