use axum::Router;
use axum::body::Body;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Request, StatusCode};
use tower::ServiceExt;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::{Operation, PathItem};

use crate::{TestDatabase, api_key};

/// What keys may, each by the scope that routes ask for.
const GRANTS: [(&str, &str); 6] = [
    ("events", "events:*"),
    ("events", "events:user.registered"),
    ("links", "links"),
    ("discussions", "discussions"),
    ("read", "read"),
    ("admin", "admin"),
];

/// Sends every request that the description knows without a key and with keys of one scope each, and gives what it asks for, as
/// `GET /users/{id}: read`, or `GET /health: open`. Panics where one is carried out without a key, or for other scopes than its
/// description says; and where one that is said to be open asks for a key. The requests have no body, and nothing of the path exists.
pub async fn scope_table(router: &Router, description: &OpenApi, database: &TestDatabase) -> Vec<String> {
    let mut keys = Vec::new();
    for (scope, grant) in GRANTS {
        keys.push((scope, api_key(database, &[grant], &["*"]).await));
    }
    let mut table = Vec::new();
    for (path, item) in &description.paths.paths {
        for (method, operation) in operations(item) {
            let described = scopes(operation);
            let asks_for_key = !described.is_empty();
            // Who asks for the headers alone learns from them as well.
            for method in [method, if method == "GET" { "HEAD" } else { method }] {
                let (status, says_how) = send(router, method, path, None).await;
                let is_refused = (status == StatusCode::UNAUTHORIZED, says_how);
                assert_eq!(is_refused, (asks_for_key, asks_for_key), "{method} {path} without a key");
            }
            if !asks_for_key {
                table.push(format!("{method} {path}: open"));
                continue;
            }
            for (scope, key) in &keys {
                let (status, _) = send(router, method, path, Some(key)).await;
                assert_ne!(status, StatusCode::UNAUTHORIZED, "{method} {path} with a key for {scope}");
                let is_let_in = status != StatusCode::FORBIDDEN;
                let is_described = described.iter().any(|described| described == scope);
                assert_eq!(is_let_in, is_described, "{method} {path} answers {status} to a key for {scope}");
            }
            table.push(format!("{method} {path}: {}", described.join(", ")));
        }
    }
    table
}

/// The method and path of every route that is described.
#[must_use]
pub fn routes(description: &OpenApi) -> Vec<(&'static str, &str)> {
    let of_path = |(path, item)| operations(item).map(move |(method, _)| (method, path));
    description.paths.paths.iter().map(|(path, item)| (path.as_str(), item)).flat_map(of_path).collect()
}

/// The status of the answer, and whether it says what to send.
async fn send(router: &Router, method: &str, path: &str, key: Option<&str>) -> (StatusCode, bool) {
    let path: Vec<&str> = path.split('/').map(|part| if part.starts_with('{') { "0" } else { part }).collect();
    let request = Request::builder().method(method).uri(path.join("/"));
    let request = key.into_iter().fold(request, |request, key| request.header(AUTHORIZATION, format!("Bearer {key}")));
    let request = request.body(Body::empty()).expect("a request");
    let answer = router.clone().oneshot(request).await.expect("a router answers");
    (answer.status(), answer.headers().contains_key(WWW_AUTHENTICATE))
}

/// The operations of a path, each with its method.
fn operations(item: &PathItem) -> impl Iterator<Item = (&'static str, &Operation)> {
    let all = [
        ("GET", &item.get),
        ("PUT", &item.put),
        ("POST", &item.post),
        ("DELETE", &item.delete),
        ("PATCH", &item.patch),
        ("HEAD", &item.head),
        ("OPTIONS", &item.options),
        ("TRACE", &item.trace),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

/// The scopes that an operation says it asks for.
fn scopes(operation: &Operation) -> Vec<String> {
    let requirements = serde_json::to_value(&operation.security).expect("a description is JSON");
    let requirements = requirements.as_array().into_iter().flatten().filter_map(|one| one.as_object());
    let scopes = requirements.flat_map(|one| one.values()).filter_map(|scopes| scopes.as_array()).flatten();
    scopes.filter_map(|scope| scope.as_str().map(str::to_owned)).collect()
}
