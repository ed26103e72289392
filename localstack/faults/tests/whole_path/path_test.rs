use rdkafka::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};
use reqwest::StatusCode;

use crate::path::Path;

#[tokio::test]
async fn a_click_travels_from_the_request_to_the_statistics() {
    let path = Path::start().await;
    let poller = path.poll();
    path.make_link("spring").await;
    assert_eq!(path.follow("spring").await, StatusCode::FOUND);
    assert_eq!(path.follow("unknown").await, StatusCode::NOT_FOUND);
    assert_eq!(path.counted("spring").await, 1);
    let stats = path.stats("spring").await;
    assert_eq!((&stats["clicks"], &stats["bots"], &stats["byDevice"]["desktop"]), (&1.into(), &0.into(), &1.into()));
    poller.stop().await;
    path.runtime.shutdown().await;
}

#[tokio::test]
async fn rubbish_on_the_topic_is_one_dead_letter_and_the_next_click_counts() {
    let path = Path::start().await;
    let poller = path.poll();
    path.make_link("spring").await;
    let producer: FutureProducer = ClientConfig::new().set("bootstrap.servers", &path.bootstrap).create().unwrap();
    let rubbish = FutureRecord::to(&path.topic.name).key("spring").payload("rubbish");
    producer.send_result(rubbish).map_err(|(error, _)| error).unwrap().await.unwrap().unwrap();
    path.follow_times("spring", 1).await;
    assert_eq!(path.counted("spring").await, 1);
    let letters: i64 =
        testkit::sqlx::query_scalar("select count(*) from dead_letters").fetch_one(&path.database.pool).await.unwrap();
    assert_eq!(letters, 1);
    poller.stop().await;
}

#[tokio::test]
async fn clicks_made_while_nothing_consumes_are_counted_when_something_does() {
    let path = Path::start().await;
    path.make_link("spring").await;
    let poller = path.poll();
    path.follow_times("spring", 3).await;
    path.wait_for("spring", 3).await;
    poller.stop().await;
    path.follow_times("spring", 5).await;
    assert_eq!(path.stats("spring").await["clicks"], 3);
    let poller = path.poll();
    assert_eq!(path.counted("spring").await, 8);
    poller.stop().await;
}

#[tokio::test]
async fn of_two_pollers_in_a_group_one_leaves_and_the_partitions_move_and_nothing_is_lost_or_doubled() {
    let path = Path::start().await;
    let codes = ["a", "b", "c", "d", "e", "f"];
    for code in codes {
        path.make_link(code).await;
    }
    let (stays, leaves) = (path.poll(), path.poll());
    path.shared_by(2).await;
    for _ in 0..3 {
        for code in codes {
            path.follow_times(code, 1).await;
        }
    }
    leaves.stop().await;
    for code in codes {
        path.follow_times(code, 2).await;
    }
    for code in codes {
        assert_eq!(path.counted(code).await, 5, "{code}");
    }
    stays.stop().await;
}

#[tokio::test]
async fn a_poller_that_crashes_leaves_its_partitions_to_the_next_one() {
    let path = Path::start().await;
    path.make_link("spring").await;
    let poller = path.poll();
    path.follow_times("spring", 2).await;
    path.wait_for("spring", 2).await;
    poller.crash();
    path.follow_times("spring", 2).await;
    let poller = path.poll();
    assert_eq!(path.counted("spring").await, 4);
    poller.stop().await;
}
