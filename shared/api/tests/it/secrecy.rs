use testkit::Log;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Registry, fmt};

use crate::shop::{NOW, Shop};

#[tokio::test]
async fn a_key_is_in_no_log_line_and_no_answer_whatever_becomes_of_it() {
    let shop = Shop::open().await;
    let key = shop.key("read").await;
    let wrong = format!("{}{}", &key[..22], "A".repeat(43));
    let log = Log::default();
    // Of every level, of every library, and of every test of this binary: what one thread alone listens to, another may have
    // switched off.
    let all = Registry::default().with(fmt::layer().with_writer(log.clone()));
    tracing::subscriber::set_global_default(all).unwrap();
    let mut answers = vec![shop.ask_with(&key).await, shop.ask_with(&wrong).await, shop.ask(&key).await];
    shop.set("revoked_at", Some(NOW)).await;
    answers.push(shop.ask_with(&key).await);
    let links = shop.key("links").await;
    answers.push(shop.ask_with(&links).await);
    testkit::sqlx::query("alter table api_keys rename to gone")
        .execute(&testkit::sqlx::PgPool::connect(&shop.database.owner_url()).await.unwrap())
        .await
        .unwrap();
    answers.push(shop.ask_with(&key).await);
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses, [200, 401, 401, 401, 403, 500]);
    let log = log.text();
    assert!(log.contains("from api_keys") && log.contains("The database did not answer"), "{log}");
    for secret in [&key[22..], &wrong[22..], &links[22..]] {
        assert!(!log.contains(secret), "{log}");
        assert!(answers.iter().all(|answer| !format!("{answer:?}").contains(secret)), "{answers:?}");
    }
    let is_named = |line: &str| line.contains("Request refused") && line.contains(&links[9..21]);
    assert!(log.lines().any(is_named), "the id of a key that is refused is logged: {log}");
    assert_eq!(answers[0].body["caller"], format!("Caller({})", &key[9..21]));
}
