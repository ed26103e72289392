use reqwest::StatusCode;
use stack::kafka::{Broker, BrokerPorts};
use testkit::{TestDatabase, eventually};

use crate::path::{PATIENCE, Path};

/// Waits until `redirect` has one environment, and that is frozen.
async fn is_frozen(path: &Path) {
    let states =
        ["busy", "idle"].map(|state| format!("lambda_environments{{function=\"redirect\",state=\"{state}\"}}"));
    let ask = || async {
        let counts = [path.figure(&states[0]).await, path.figure(&states[1]).await];
        (counts == [Some(0.0), Some(1.0)]).then_some(())
    };
    eventually("redirect is frozen", PATIENCE, ask).await;
}

#[tokio::test]
async fn a_redirect_that_was_frozen_while_the_broker_restarted_publishes_its_first_click() {
    let directory = stack::scratch().unwrap();
    let mut broker = Broker::start(&testkit::artifacts(), directory.path(), BrokerPorts::free()).await.unwrap();
    let path = Path::on(TestDatabase::new().await, &broker.bootstrap()).await;
    path.make_link("spring").await;
    path.follow_times("spring", 1).await;
    let before = path.published();
    is_frozen(&path).await;
    broker.kill();
    broker.restart().await.unwrap();
    assert_eq!(path.follow("spring").await, StatusCode::FOUND);
    assert_eq!(path.published(), before + 1);
    let poller = path.poll();
    assert_eq!(path.counted("spring").await, i64::try_from(before).unwrap() + 1);
    poller.stop().await;
}

/// The environment is frozen in the middle of an outage that it knows, with its probe, and finds the broker back when it is thawed.
#[tokio::test]
async fn a_redirect_that_was_frozen_in_an_outage_publishes_again_after_it() {
    let directory = stack::scratch().unwrap();
    let mut broker = Broker::start(&testkit::artifacts(), directory.path(), BrokerPorts::free()).await.unwrap();
    let path = Path::on(TestDatabase::new().await, &broker.bootstrap()).await;
    path.make_link("spring").await;
    path.follow_times("spring", 1).await;
    broker.kill();
    for _ in 0..4 {
        assert_eq!(path.follow("spring").await, StatusCode::SERVICE_UNAVAILABLE);
    }
    is_frozen(&path).await;
    broker.restart().await.unwrap();
    path.follow_times("spring", 2).await;
    let published = i64::try_from(path.published()).unwrap();
    assert!(published >= 3);
    let poller = path.poll();
    assert_eq!(path.counted("spring").await, published);
    poller.stop().await;
}
