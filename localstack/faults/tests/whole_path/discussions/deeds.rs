//! What people do.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::world::World;

pub const THREADS: &str = "/api/discussions/threads";

/// How many events a thread has after [`World::discuss`].
pub const EVENTS: i64 = 13;

impl World {
    /// Does something that must be done, and gives the answer.
    pub async fn must(&self, method: Method, path: &str, body: &Value) -> Value {
        let (status, text) = self.ask(method.clone(), path, Some(body)).await;
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Creates a thread, and says its id.
    pub async fn create(&self, course: &str) -> String {
        let thread = json!({"courseId": course, "title": "Why?", "content": "I wonder.", "author": "anna"});
        self.must(Method::POST, THREADS, &thread).await["threadId"].as_str().unwrap().to_owned()
    }

    /// A thread with all that can happen to one that stays: comments of which one goes again, a view, an edit, and votes of three people
    /// at once of whom two change their mind. Says its id.
    pub async fn discuss(&self, course: &str) -> String {
        let thread = self.create(course).await;
        let path = format!("{THREADS}/{thread}");
        let mut comments = Vec::new();
        for author in ["bert", "cleo", "dora"] {
            let comment = json!({"author": author, "content": "Because."});
            comments.push(self.must(Method::POST, &format!("{path}/comments"), &comment).await["commentId"].clone());
        }
        let last = comments[2].as_str().unwrap();
        let (status, text) =
            self.ask(Method::DELETE, &format!("/api/discussions/comments/{last}?author=dora"), None).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{text}");
        self.get(&path).await;
        self.must(Method::PATCH, &path, &json!({"author": "anna", "title": "Why not?"})).await;
        tokio::join!(
            self.vote(&thread, "bert", "up"),
            self.vote(&thread, "cleo", "up"),
            self.vote(&thread, "dora", "down")
        );
        self.vote(&thread, "bert", "down").await;
        self.vote(&thread, "cleo", "none").await;
        let first = comments[0].as_str().unwrap();
        let on_comment = format!("/api/discussions/comments/{first}/vote");
        self.must(Method::PUT, &on_comment, &json!({"voter": "anna", "vote": "up"})).await;
        thread
    }

    /// Its author deletes it.
    pub async fn delete(&self, thread: &str) {
        let path = format!("{THREADS}/{thread}?author=anna");
        let (status, text) = self.ask(Method::DELETE, &path, None).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{text}");
    }

    pub async fn vote(&self, thread: &str, voter: &str, vote: &str) {
        self.must(Method::PUT, &format!("{THREADS}/{thread}/vote"), &json!({"voter": voter, "vote": vote})).await;
    }
}
