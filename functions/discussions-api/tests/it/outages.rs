use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use http::Method;
use serde_json::json;
use store::discussions::threads;
use store::idempotency_keys::{Claim, claim};
use testkit::{break_tables, routes};

use crate::world::{Answer, Door, NOW, OFF, World, id, router};

/// Sends a good request of every route, and gives each with what it was answered.
async fn each(door: &Door, routes: Vec<(&str, &str)>) -> Vec<(String, Answer)> {
    let mut answers = Vec::new();
    for (method, path) in routes {
        let path = path.replace("{id}", "01932d3c-0000-7000-8000-000000000001");
        let (query, body) = match (method, path.ends_with("/vote"), path.ends_with("/threads")) {
            ("GET", _, true) => ("?courseId=c", ""),
            ("DELETE", ..) => ("?author=ada", ""),
            ("PUT", true, _) => ("", r#"{"voter":"ada","vote":"up"}"#),
            ("POST", _, true) => ("", r#"{"courseId":"c","title":"a","content":"a","author":"ada"}"#),
            ("POST" | "PATCH", ..) => ("", r#"{"author":"ada","content":"a"}"#),
            _ => ("", ""),
        };
        let asked = format!("{method} {path}{query}");
        let answer = door.ask(Method::from_bytes(method.as_bytes()).unwrap(), &format!("{path}{query}"), body).await;
        answers.push((asked, answer));
    }
    assert_eq!(answers.len(), 11);
    answers
}

/// Whether the key is good nobody can say.
async fn assert_unavailable(address: SocketAddr) {
    let url = format!("postgres://onceward_app@{address}/onceward");
    let settings = [OFF.as_slice(), &[("DATABASE_ACQUIRE_TIMEOUT_MS", "500")]].concat();
    let (router, description) = router(&url, &settings);
    let door = Door { router, key: format!("onceward_0123456789ab_{}", "A".repeat(43)) };
    let started = Instant::now();
    for (asked, answer) in each(&door, routes(&description)).await {
        answer.problem(503, "unavailable");
        assert_eq!(answer.headers["retry-after"], "2", "{asked}");
        assert!(!answer.body.to_string().contains(&address.to_string()), "{answer:?}");
    }
    assert!(started.elapsed() < Duration::from_secs(11), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_database_that_is_away_is_said_in_time() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_unavailable(closed).await;
}

/// As a server does that is overloaded, or behind a network that drops packets.
#[tokio::test]
async fn a_database_that_takes_the_connection_and_says_nothing_is_given_up_in_time() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    assert_unavailable(silent.local_addr().unwrap()).await;
}

/// The key is good; what the request is for fails in the handler.
#[tokio::test]
async fn a_database_that_fails_behind_the_door_is_said_by_every_route() {
    let world = World::new().await;
    break_tables(&world.database, &world.door.key).await;
    for (asked, answer) in each(&world.door, routes(&world.description)).await {
        assert_eq!(answer.status, 500, "{asked}: {answer:?}");
        answer.problem(500, "internal-error");
        assert!(answer.body["instance"].as_str().unwrap().starts_with("urn:uuid:"), "{asked}: {answer:?}");
    }
}

/// As an environment leaves it that froze in the middle of a change.
#[tokio::test]
async fn a_thread_that_somebody_else_holds_is_given_up_in_time() {
    let world = World::new().await;
    let thread = world.thread().await;
    let comment = world.comment(&thread).await;
    let before = world.everything().await;
    let mut held = world.database.pool.begin().await.unwrap();
    threads::lock(&mut held, id(&thread)).await.unwrap().unwrap();
    let started = Instant::now();
    let (comments, said) = (format!("{thread}/comments"), json!({"author": "bob", "content": "So."}));
    let (viewed, added, edited, voted, deleted) = tokio::join!(
        world.door.get(&thread),
        world.door.post(&comments, &said),
        world.door.patch(&comment, &said),
        world.door.vote(&thread, "bob", "up"),
        world.door.delete(&thread, "ada"),
    );
    for answer in [viewed, added, edited, voted, deleted] {
        answer.problem(503, "unavailable");
        assert_eq!(answer.headers["retry-after"], "2");
    }
    // Some wait behind others before they wait for the thread: the limit of the whole change ends them.
    assert!(started.elapsed() < Duration::from_secs(9), "{:?}", started.elapsed());
    held.rollback().await.unwrap();
    assert_eq!(world.everything().await, before);
}

/// Each wait is shorter than a connection waits for a lock, and both together longer than a function has.
#[tokio::test]
async fn a_request_that_waits_for_one_lock_after_another_is_given_up_in_time() {
    let world = World::new().await;
    let thread = world.thread().await;
    let mut thread_held = world.database.pool.begin().await.unwrap();
    threads::lock(&mut thread_held, id(&thread)).await.unwrap().unwrap();
    let mut key_held = world.database.pool.begin().await.unwrap();
    let (comments, said) = (format!("{thread}/comments"), json!({"author": "bob", "content": "So."}));
    let scope = format!("POST {comments} {}", world.door.key.split('_').nth(1).unwrap());
    assert_eq!(claim(&mut key_held, &scope, "key", &[0; 32], NOW).await.unwrap(), Claim::New);
    let started = Instant::now();
    let release = async {
        tokio::time::sleep(Duration::from_millis(4300)).await;
        key_held.rollback().await.unwrap();
    };
    let (added, ()) = tokio::join!(world.door.post_with_key(&comments, "key", &said), release);
    added.problem(503, "unavailable");
    let waited = started.elapsed();
    assert!((Duration::from_secs(7)..Duration::from_secs(9)).contains(&waited), "{waited:?}");
}
