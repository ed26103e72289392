use http::StatusCode;
use testkit::sqlx;
use time::{Duration, OffsetDateTime};

use crate::shop::{NOW, Shop};

/// How often the row was written.
async fn version(shop: &Shop) -> String {
    sqlx::query_scalar("select xmin::text from api_keys").fetch_one(&shop.database.pool).await.unwrap()
}

async fn used_at(shop: &Shop, key: &str) -> Option<OffsetDateTime> {
    assert_eq!(shop.ask_with(key).await.status, StatusCode::OK);
    shop.last_used().await
}

#[tokio::test]
async fn the_last_use_is_noted_once_a_minute() {
    let shop = Shop::open().await;
    let key = shop.key("read").await;
    assert_eq!(used_at(&shop, &key).await, Some(NOW));
    let written = version(&shop).await;
    assert_eq!(used_at(&shop, &key).await, Some(NOW));
    assert_eq!(version(&shop).await, written);
    let almost = NOW - Duration::MINUTE + Duration::MICROSECOND;
    shop.set("last_used_at", Some(almost)).await;
    assert_eq!(used_at(&shop, &key).await, Some(almost));
    shop.set("last_used_at", Some(NOW - Duration::MINUTE)).await;
    assert_eq!(used_at(&shop, &key).await, Some(NOW));
    // By a clock that goes ahead of this one.
    shop.set("last_used_at", Some(NOW + Duration::HOUR)).await;
    assert_eq!(used_at(&shop, &key).await, Some(NOW + Duration::HOUR));
}

#[tokio::test]
async fn a_use_for_which_the_key_lacks_the_scope_is_one_too_and_one_of_a_revoked_key_is_none() {
    let shop = Shop::open().await;
    let key = shop.key("links").await;
    assert_eq!(shop.ask_with(&key).await.status, StatusCode::FORBIDDEN);
    assert_eq!(shop.last_used().await, Some(NOW));
    shop.set("last_used_at", None).await;
    shop.set("revoked_at", Some(NOW)).await;
    shop.ask_with(&key).await.is_unauthorized();
    assert_eq!(shop.last_used().await, None);
}
