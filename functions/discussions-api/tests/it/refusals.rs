//! What cannot be taken changes nothing, and says which field it is.

use axum::body::Body;
use http::{Method, Request};
use serde_json::{Value, json};

use crate::world::{World, id, new_thread};

/// The thread with another value of a field.
fn with(field: &str, value: impl Into<Value>) -> Value {
    let mut thread = new_thread();
    thread[field] = value.into();
    thread
}

/// The id at the end of a path as a UUID is written elsewhere.
fn other_forms(path: &str) -> [String; 4] {
    let id = id(path);
    [
        id.simple().to_string(),
        id.to_string().to_uppercase(),
        id.urn().to_string(),
        id.braced().to_string().replace('{', "%7B").replace('}', "%7D"),
    ]
}

#[tokio::test]
async fn a_field_that_cannot_be_taken_is_named() {
    let world = World::new().await;
    for (body, field) in [
        (with("title", ""), "title"),
        (with("title", " \t\n"), "title"),
        (with("title", "a\0b"), "title"),
        (with("title", "a\n"), "title"),
        (with("title", "a\u{85}b"), "title"),
        (with("title", "é".repeat(301)), "title"),
        (with("content", ""), "content"),
        (with("content", "\u{a0}"), "content"),
        (with("content", "a\0"), "content"),
        (with("content", "\u{1b}[2J"), "content"),
        (with("content", "a\u{c}b"), "content"),
        (with("content", "x".repeat(20_001)), "content"),
        (with("courseId", ""), "courseId"),
        (with("courseId", "a b"), "courseId"),
        (with("courseId", "a\0"), "courseId"),
        (with("courseId", "x".repeat(129)), "courseId"),
        (with("author", "ada@example.com"), "author"),
        (with("author", "key:0123456789ab"), "author"),
        (with("author", "operator:root"), "author"),
        (with("more", true), "body"),
        (with("title", 1), "body"),
        (with("author", Value::Null), "body"),
        (json!({}), "body"),
        (json!([]), "body"),
        (json!(null), "body"),
    ] {
        world.door.post("/api/discussions/threads", &body).await.invalid(field);
    }
    assert!(world.everything().await.is_empty());
}

#[tokio::test]
async fn the_longest_that_can_be_taken_is_kept_as_it_is_and_travels() {
    let world = World::new().await;
    // In JSON, four times as long again.
    let (title, content) = ("\u{1f600}".repeat(300), "\u{1f600}".repeat(20_000));
    let mut body = with("title", title.as_str());
    body["content"] = content.as_str().into();
    let escaped = body.to_string().replace('\u{1f600}', "\\ud83d\\ude00");
    let made = world.door.ask(Method::POST, "/api/discussions/threads", escaped).await;
    assert_eq!(made.status, 201, "{:?}", made.status);
    assert_eq!((&made.body["title"], &made.body["content"]), (&title.as_str().into(), &content.as_str().into()));
    assert_eq!(world.events().await[0]["data"]["title"], title);
}

#[tokio::test]
async fn a_comment_and_a_vote_that_cannot_be_taken_are_refused() {
    let world = World::new().await;
    let thread = world.thread().await;
    let comment = world.comment(&thread).await;
    let before = world.everything().await;
    let comments = format!("{thread}/comments");
    for (body, field) in [
        (json!({"author": "bob", "content": " "}), "content"),
        (json!({"author": "bob", "content": "x".repeat(20_001)}), "content"),
        (json!({"author": "bob", "content": "a\u{7f}"}), "content"),
        (json!({"author": "", "content": "a"}), "author"),
        (json!({"author": "bob", "content": "a", "parentId": ""}), "parentId"),
        (json!({"author": "bob", "content": "a", "parentId": "1"}), "parentId"),
        (json!({"author": "bob", "content": "a", "parentId": other_forms(&comment)[0]}), "parentId"),
        (json!({"author": "bob", "content": "a", "parentId": other_forms(&comment)[1]}), "parentId"),
        (json!({"author": "bob", "content": "a", "title": "b"}), "body"),
        (json!({"content": "a"}), "body"),
    ] {
        world.door.post(&comments, &body).await.invalid(field);
    }
    for (body, field) in [
        (json!({"voter": "bob", "vote": "UP"}), "vote"),
        (json!({"voter": "bob", "vote": ""}), "vote"),
        (json!({"voter": "b b", "vote": "up"}), "voter"),
        (json!({"voter": "key:1", "vote": "up"}), "voter"),
        (json!({"voter": "bob", "vote": 1}), "body"),
        (json!({"voter": "bob"}), "body"),
    ] {
        world.door.ask(Method::PUT, &format!("{thread}/vote"), body.to_string()).await.invalid(field);
    }
    for (body, field) in [
        (json!({"author": "ada", "title": ""}), "title"),
        (json!({"author": "ada", "title": "a\tb"}), "title"),
        (json!({"author": "ada", "content": "\0"}), "content"),
        (json!({"author": "a b", "title": "a"}), "author"),
        (json!({"author": "ada", "courseId": "other"}), "body"),
    ] {
        world.door.patch(&thread, &body).await.invalid(field);
    }
    assert_eq!(world.everything().await, before);
}

#[tokio::test]
async fn a_parameter_that_cannot_be_taken_is_named() {
    let world = World::new().await;
    let thread = world.thread().await;
    let before = world.everything().await;
    let threads = "/api/discussions/threads";
    for (path, field) in [
        (threads.to_owned(), "courseId"),
        (format!("{threads}?courseId="), "courseId"),
        (format!("{threads}?courseId=a%20b"), "courseId"),
        (format!("{threads}?courseId=a&limit=0"), "limit"),
        (format!("{threads}?courseId=a&limit=501"), "limit"),
        (format!("{threads}?courseId=a&cursor=x"), "cursor"),
        // [1,"no id"]
        (format!("{threads}?courseId=a&cursor=WzEsIm5vIGlkIl0"), "cursor"),
        (format!("{threads}?courseId=a&courseId=b"), "query"),
        (format!("{threads}?courseId=a&more=1"), "query"),
        (format!("{thread}?viewer=a%00"), "viewer"),
        (format!("{thread}?viewer=key:1"), "viewer"),
        (format!("{thread}?reader=a"), "query"),
        (format!("{thread}/comments?limit=x"), "limit"),
        (format!("{thread}/comments?limit=51"), "limit"),
        (format!("{thread}/comments?cursor=WyJ4Il0"), "cursor"),
    ] {
        world.door.get(&path).await.invalid(field);
    }
    for (query, field) in [("", "author"), ("?author=", "author"), ("?author=a%20b", "author"), ("?writer=a", "query")]
    {
        world.door.ask(Method::DELETE, &format!("{thread}{query}"), "").await.invalid(field);
    }
    assert_eq!(world.everything().await, before);
}

#[tokio::test]
async fn an_id_that_is_none_is_that_of_nothing() {
    let world = World::new().await;
    for id in
        ["1", "%00", "%ff", "a%2Fb", "01932d3c-0000-7000-8000-00000000000g", "01932d3c-0000-7000-8000-000000000001"]
    {
        let (thread, comment) = (format!("/api/discussions/threads/{id}"), format!("/api/discussions/comments/{id}"));
        world.door.get(&thread).await.problem(404, "not-found");
        world.door.get(&format!("{thread}/comments")).await.problem(404, "not-found");
        let said = json!({"author": "bob", "content": "a"});
        world.door.post(&format!("{thread}/comments"), &said).await.problem(404, "not-found");
        world.door.patch(&comment, &said).await.problem(404, "not-found");
        for path in [thread, comment] {
            world.door.vote(&path, "bob", "up").await.problem(404, "not-found");
            world.door.delete(&path, "bob").await.problem(404, "not-found");
        }
    }
    assert!(world.everything().await.is_empty());
}

/// Of what is there, an id that is written otherwise names nothing.
#[tokio::test]
async fn an_id_has_one_form() {
    let world = World::new().await;
    let thread = world.thread().await;
    let comment = world.comment(&thread).await;
    let before = world.everything().await;
    for id in other_forms(&thread) {
        world.door.get(&format!("/api/discussions/threads/{id}")).await.problem(404, "not-found");
        world.door.get(&format!("/api/discussions/threads/{id}/comments")).await.problem(404, "not-found");
    }
    for id in other_forms(&comment) {
        world.door.delete(&format!("/api/discussions/comments/{id}"), "bob").await.problem(404, "not-found");
    }
    assert_eq!(world.everything().await, before);
}

#[tokio::test]
async fn a_body_is_json_and_not_too_large() {
    let world = World::new().await;
    let send = async |kind: &str, body: String| {
        let request = Request::post("/api/discussions/threads").header("content-type", kind);
        world.door.send(request.body(Body::from(body)).unwrap()).await
    };
    send("text/plain", new_thread().to_string()).await.problem(415, "unsupported-media-type");
    send("application/json", with("content", "x".repeat(300_000)).to_string()).await.problem(413, "body-too-large");
    send("application/json", "{".to_owned()).await.invalid("body");
    assert!(world.everything().await.is_empty());
}
