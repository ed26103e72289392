//! Whoever follows `next` sees everything once, also while more comes.

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::{Value, json};
use store::discussions::threads::{self, NewThread};
use testkit::read_rows;
use testkit::sqlx::{self, Connection as _, PgConnection};
use time::Duration;

use crate::world::{NOW, World, id};

/// All pages of a list, with what happens after each.
async fn all(world: &World, path: &str, field: &str, mut between: impl AsyncFnMut()) -> Vec<Value> {
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let separator = if path.contains('?') { '&' } else { '?' };
        let answer = world.door.get(&format!("{path}{separator}limit=7{cursor}")).await;
        let items = answer.body["items"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
        assert!(items.len() == 7 || answer.body["next"].is_null(), "a page that is not full is the last: {answer:?}");
        seen.extend(items.iter().map(|item| item[field].clone()));
        let Some(next) = answer.body["next"].as_str() else { return seen };
        cursor = format!("&cursor={next}");
        between().await;
    }
}

/// A thread that was made so long before now.
async fn thread(world: &World, course: &str, ago: Duration) -> String {
    let new = NewThread {
        thread_id: events::uuid_v7_at(NOW - ago),
        course_id: course.to_owned(),
        title: "Why?".to_owned(),
        content: "I wonder.".to_owned(),
        author_id: "ada".to_owned(),
        created_at: NOW - ago,
    };
    threads::insert(&mut world.database.pool.acquire().await.unwrap(), &new).await.unwrap().thread_id.to_string()
}

#[tokio::test]
async fn of_the_threads_of_a_course_the_latest_first() {
    let world = World::new().await;
    let mut made = Vec::new();
    // Some at one moment.
    for n in 0..30 {
        made.push(thread(&world, "c-1", Duration::seconds(n / 4)).await);
        thread(&world, "c-2", Duration::seconds(n)).await;
    }
    let path = "/api/discussions/threads?courseId=c-1";
    let seen = all(&world, path, "threadId", async || drop(thread(&world, "c-1", -Duration::HOUR).await)).await;
    let once: BTreeSet<&str> = seen.iter().map(|id| id.as_str().unwrap()).collect();
    assert_eq!((seen.len(), once), (30, made.iter().map(String::as_str).collect()));
    let listed = world.door.get("/api/discussions/threads?courseId=c-2&limit=500").await.body;
    let times: Vec<&str> =
        listed["items"].as_array().unwrap().iter().map(|of| of["createdAt"].as_str().unwrap()).collect();
    assert!(times.len() == 30 && times.is_sorted_by(|one, next| one > next), "{times:?}");
    let nothing = world.door.get("/api/discussions/threads?courseId=c-3").await.body;
    assert_eq!(nothing, json!({"items": [], "next": null}));
}

/// An answer of Lambda has 6 MB at most, as JSON in which the body is a text.
#[tokio::test]
async fn the_longest_page_of_the_longest_comments_fits_into_an_answer() {
    let world = World::new().await;
    for widest in ["\u{1f600}", "\"", "\\", "\n"] {
        let thread = world.thread().await;
        let content = format!("{}.", widest.repeat(19_999));
        let comment = json!({"author": "bob", "content": content});
        for _ in 0..51 {
            let made = world.door.post(&format!("{thread}/comments"), &comment).await;
            assert_eq!(made.status, StatusCode::CREATED, "{widest:?}: {}", made.status);
        }
        let asked: Value = json!({
            "version": "2.0",
            "routeKey": "GET /api/discussions/threads/{id}/comments",
            "rawPath": format!("{thread}/comments"),
            "rawQueryString": "limit=50",
            "headers": { "authorization": format!("Bearer {}", world.door.key) },
            "requestContext": { "http": { "method": "GET" } },
            "isBase64Encoded": false
        });
        let asked = serde_json::from_value(asked).unwrap();
        let request = lambda::Request::begin("discussions-api", NOW);
        let answer = api::answer(request, world.door.router.clone(), asked).await.unwrap();
        let answer = serde_json::to_value(answer).unwrap();
        let page: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        let items = page["items"].as_array().unwrap();
        assert_eq!((items.len(), items[49]["content"].as_str()), (50, Some(content.as_str())));
        let bytes = answer.to_string().len();
        assert!(bytes < 6 * 1024 * 1024, "{widest:?}: {bytes} bytes");
    }
}

#[tokio::test]
async fn of_the_comments_of_a_thread_in_the_order_in_which_they_came() {
    let world = World::new().await;
    let thread = world.thread().await;
    let mut made = Vec::new();
    for _ in 0..20 {
        made.push(id(&world.comment(&thread).await).to_string());
    }
    let seen =
        all(&world, &format!("{thread}/comments"), "commentId", async || drop(world.comment(&thread).await)).await;
    assert_eq!(seen[..20], made);
    assert_eq!(seen.iter().map(Value::to_string).collect::<BTreeSet<_>>().len(), seen.len());
}

/// A page must not cost more the more there is.
#[tokio::test]
async fn a_page_is_read_in_the_order_of_an_index() {
    let world = World::new().await;
    let mut owner = PgConnection::connect(&world.database.owner_url()).await.unwrap();
    sqlx::raw_sql(
        "insert into threads (thread_id, course_id, title, content, author_id, created_at)
         select uuidv7(), 'c-' || n % 10, 'Why?', 'I wonder.', 'ada', now() - n * interval '1 second'
         from generate_series(1, 20000) as n;
         insert into comments (comment_id, thread_id, place, author_id, content, created_at)
         select uuidv7(), (select thread_id from threads order by thread_id limit 1), n, 'bob', 'So.', now()
         from generate_series(1, 20000) as n;
         analyze threads, comments",
    )
    .execute(&mut owner)
    .await
    .unwrap();
    let discussed: uuid::Uuid =
        sqlx::query_scalar("select thread_id from comments limit 1").fetch_one(&mut owner).await.unwrap();
    // What the owner read is counted with this, and no later.
    let before = [read_rows(&mut owner, "threads").await, read_rows(&mut owner, "comments").await];
    owner.close().await.unwrap();
    let mut connection = PgConnection::connect(&world.database.url()).await.unwrap();
    // More often than PostgreSQL plans a statement for its values.
    for _ in 0..8 {
        let page = threads::list(&mut connection, "c-3", None, 20).await.unwrap();
        let after = (page[19].created_at, page[19].thread_id);
        assert_eq!(threads::list(&mut connection, "c-3", Some(after), 20).await.unwrap().len(), 20);
        let listed = store::discussions::comments::list(&mut connection, discussed, 10_000, 20).await.unwrap().unwrap();
        assert_eq!((listed.comments.len(), listed.comments[0].place), (20, 10_001));
    }
    let after = [read_rows(&mut connection, "threads").await, read_rows(&mut connection, "comments").await];
    // 16 pages of 20 threads, and 8 of 20 comments, each with its thread.
    let [threads, comments] = [after[0] - before[0], after[1] - before[1]];
    assert!((320..1000).contains(&threads) && (160..500).contains(&comments), "{threads} threads, {comments} comments");
}
