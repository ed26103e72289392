//! Whoever follows `next` sees every row once, also while new ones come.

use std::collections::BTreeSet;

use serde_json::Value;
use time::Duration;

use crate::unpublished::write;
use crate::world::{NOW, World, entry, letter};

/// All pages of a list, with what happens after each.
async fn all(world: &World, path: &str, field: &str, mut between: impl AsyncFnMut(usize)) -> Vec<Value> {
    let (mut seen, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let body =
            world.must_get(&format!("{path}{}limit=7{cursor}", if path.contains('?') { '&' } else { '?' })).await;
        let items = body["items"].as_array().unwrap();
        assert!(items.len() == 7 || body["next"].is_null(), "a page that is not full is the last: {body}");
        seen.extend(items.iter().map(|item| item[field].clone()));
        let Some(next) = body["next"].as_str() else { return seen };
        cursor = format!("&cursor={next}");
        between(pages).await;
        pages += 1;
    }
}

fn assert_whole(seen: &[Value], expected: impl Iterator<Item = Value>) {
    let once: BTreeSet<String> = seen.iter().map(Value::to_string).collect();
    assert_eq!(once.len(), seen.len(), "something came twice: {seen:?}");
    for one in expected {
        assert!(seen.contains(&one), "{one} was missed");
    }
}

#[tokio::test]
async fn of_a_history() {
    let world = World::new().await;
    world.user("u-1", "a@example.com").await;
    // Some at one moment.
    for n in 0..30 {
        world.login("u-1", &n.to_string(), NOW - Duration::seconds(n / 4)).await;
    }
    let seen = all(&world, "/api/users/u-1/auth-events", "eventId", async |page| {
        world.login("u-1", &format!("new {page}"), NOW + Duration::MINUTE).await;
    })
    .await;
    assert_whole(&seen, (0..30).map(|n| n.to_string().into()));
    assert_eq!(seen.len(), 30);
}

#[tokio::test]
async fn of_the_trail() {
    let world = World::new().await;
    let entries: Vec<_> = (0..30)
        .map(|n| {
            let mut entry = entry("u-1", "login", i64::from(n) / 4);
            entry.chain = format!("user.events/{}", n % 3);
            entry.event_id = n.to_string();
            entry
        })
        .collect();
    world.log(&entries).await;
    for path in ["/api/audit", "/api/audit?user=u-1", "/api/audit?action=login&resource=users/u-1"] {
        let seen = all(&world, path, "eventId", async |page| {
            world.log(&[entry("u-1", &format!("new {page}"), -60)]).await;
        })
        .await;
        assert_whole(&seen, (0..30).map(|n| n.to_string().into()));
    }
}

#[tokio::test]
async fn of_orders() {
    let world = World::new().await;
    world.user("u-1", "a@example.com").await;
    for n in 0..30 {
        world.order(&format!("o-{n}"), "u-1", NOW - Duration::seconds(n / 4)).await;
    }
    for path in ["/api/orders", "/api/orders?user=u-1", "/api/orders?paymentStatus=unpaid"] {
        let seen = all(&world, path, "orderId", async |page| {
            world.order(&format!("new {path} {page}"), "u-1", NOW + Duration::MINUTE).await;
        })
        .await;
        assert_whole(&seen, (0..30).map(|n| format!("o-{n}").into()));
    }
}

#[tokio::test]
async fn of_the_payments_of_an_order() {
    let world = World::new().await;
    world.user("u-1", "a@example.com").await;
    world.order("o-1", "u-1", NOW).await;
    for n in 0..30 {
        world.pay(&format!("p-{n}"), "o-1", 1, "settled", NOW - Duration::seconds(n / 4)).await;
    }
    let seen = all(&world, "/api/orders/o-1/payments", "paymentId", async |page| {
        world.pay(&format!("new {page}"), "o-1", 1, "failed", NOW + Duration::MINUTE).await;
    })
    .await;
    assert_whole(&seen, (0..30).map(|n| format!("p-{n}").into()));
    assert_eq!(seen.len(), 30);
}

#[tokio::test]
async fn of_stock_and_of_a_ledger() {
    let world = World::new().await;
    for n in 0..30 {
        world.adjust(&format!("a-{n}"), "mug", -1, NOW - Duration::seconds(n / 4)).await;
        world.adjust(&format!("b-{n}"), &format!("sku-{n}"), -1, NOW).await;
    }
    let ledger = all(&world, "/api/inventory/mug/adjustments", "adjustmentId", async |page| {
        world.adjust(&format!("new {page}"), "mug", 1, NOW + Duration::MINUTE).await;
    })
    .await;
    assert_whole(&ledger, (0..30).map(|n| format!("a-{n}").into()));
    assert_eq!(ledger.len(), 30);
    for path in ["/api/inventory", "/api/inventory?oversold=true"] {
        let stock = all(&world, path, "sku", async |_| {}).await;
        assert_whole(&stock, (0..30).map(|n| format!("sku-{n}").into()));
        assert_eq!(stock.len(), 31);
    }
}

#[tokio::test]
async fn of_dead_letters() {
    let world = World::new().await;
    let letters: Vec<_> = (0..30).map(|offset| letter("u-1", offset)).collect();
    let ids = world.letters(&letters).await;
    let seen = all(&world, "/api/dead-letters?state=open", "id", async |page| {
        world.letters(&[letter("u-1", 100 + i64::try_from(page).unwrap())]).await;
    })
    .await;
    assert_whole(&seen, ids.into_iter().map(Value::from));
    assert_eq!(seen.len(), 30);
}

#[tokio::test]
async fn of_what_waits() {
    let world = World::new().await;
    for n in 0..30 {
        world.park(&format!("u-{n}"), n, n / 4).await;
    }
    let seen = all(&world, "/api/parked", "eventId", async |page| {
        // The page goes from the oldest on: what is new comes at the end.
        world.park(&format!("new-{page}"), 100 + i64::try_from(page).unwrap(), -60).await;
    })
    .await;
    assert_whole(&seen, (0..30).map(|n| n.to_string().into()));
}

#[tokio::test]
async fn of_what_is_not_published() {
    let world = World::new().await;
    for n in 0..15 {
        write(&world, "t", &[&format!("a-{n}"), &format!("b-{n}")]).await;
        write(&world, "other", &["c"]).await;
    }
    for (path, so_many) in [("/api/outbox", 45), ("/api/outbox?topic=t", 30)] {
        let seen = all(&world, path, "key", async |page| {
            write(&world, "new", &[&format!("new {path} {page}")]).await;
        })
        .await;
        let keys = (0..15).flat_map(|n| [format!("a-{n}").into(), format!("b-{n}").into()]);
        let once: Vec<Value> = seen.iter().filter(|key| **key != "c").cloned().collect();
        assert_whole(&once, keys);
        assert!(seen.len() >= so_many, "{path}: {seen:?}");
    }
}
