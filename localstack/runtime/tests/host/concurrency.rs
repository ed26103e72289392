//! How many environments a function has.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::support::{Host, function};
use serde_json::{Value, json};
use template::Function;
use tokio::task::JoinSet;

const LONG: Duration = Duration::from_mins(1);

fn reserved(name: &str, concurrency: Option<u32>) -> Function {
    Function { concurrency, ..function(name, LONG) }
}

/// Calls a function so often at once; each call says how many ran with it.
async fn calls(host: &Arc<Host>, function: &'static str, folder: &Path, times: usize) -> BTreeSet<u64> {
    std::fs::create_dir(folder).unwrap();
    let mut calls = JoinSet::new();
    for _ in 0..times {
        let (host, payload) = (Arc::clone(host), json!({ "do": "be-counted", "folder": folder }));
        calls.spawn(async move { host.answer(function, payload).await.as_u64().unwrap() });
    }
    calls.join_all().await.into_iter().collect()
}

#[tokio::test]
async fn no_more_environments_than_a_function_reserves_run_at_once_and_all_of_them_do() {
    let functions = vec![reserved("three", Some(3)), reserved("one", Some(1)), reserved("other", None)];
    let host = Arc::new(Host::start_with(functions, |config, _| config.default_concurrency = 2).await);
    let folder = |name| host.folder.path().join(format!("running-{name}"));
    let (three, one, other) = (folder("three"), folder("one"), folder("other"));
    let (three, one, other) = tokio::join!(
        calls(&host, "three", &three, 40),
        calls(&host, "one", &one, 10),
        calls(&host, "other", &other, 20)
    );
    assert_eq!((three.last(), one.last(), other.last()), (Some(&3), Some(&1), Some(&2)));
}

#[tokio::test]
async fn the_place_of_a_lost_environment_is_taken_only_once_it_is_gone() {
    let host =
        Arc::new(Host::start(vec![Function { timeout: Duration::from_secs(1), ..reserved("probe", Some(2)) }]).await);
    let folder = host.folder.path().join("running");
    std::fs::create_dir(&folder).unwrap();
    let mut calls = JoinSet::new();
    for n in 0..12 {
        let (host, folder) = (Arc::clone(&host), folder.clone());
        calls.spawn(async move {
            if n % 3 == 0 {
                // What holds much takes a while to die.
                let hang = json!({ "do": "hang", "in": folder, "bytes": 400 << 20 });
                assert_eq!(host.error("probe", hang).await["errorType"], "Sandbox.Timedout");
                return Value::Null;
            }
            host.answer("probe", json!({ "do": "be-counted", "folder": folder })).await
        });
    }
    let most = calls.join_all().await.into_iter().filter_map(|count| count.as_u64()).max();
    assert_eq!(most, Some(2));
}
