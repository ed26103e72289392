//! What is said where somebody else publishes.

use outbox::Publishing;
use settings::Environment;
use testkit::{Log, TestDatabase};

// One test of the log: the lines of a process go to one place.
#[tokio::test]
async fn that_publishing_is_off_is_said_at_the_start_and_not_of_every_request() {
    let log = Log::default();
    lambda::init_logs_to(&Environment::default(), log.clone()).unwrap();
    let database = TestDatabase::new().await;
    let off = Publishing::start(&Environment::from_iter([("OUTBOX_PUBLISHING", "off")])).unwrap();
    for _ in 0..3 {
        off.drain(&database.pool, &[0, 1]).await;
    }
    let said: Vec<_> = log.lines().into_iter().filter(|line| line.to_string().contains("OUTBOX_PUBLISHING")).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(said[0]["level"], "INFO", "{said:?}");
}
