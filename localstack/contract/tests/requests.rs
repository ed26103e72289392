//! `localstack/requests.http` is whole, and every request of it is answered as it says.

mod stage;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use reqwest::{Client, Method, redirect};
use serde_json::Value;
use testkit::eventually;

use crate::stage::{Stage, root};

/// Until what came through Kafka is there.
const PATIENCE: Duration = Duration::from_mins(1);

type Variables = BTreeMap<String, String>;

/// A request of the file, before its variables are put in.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Request {
    title: String,
    answers: u16,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// Variables and requests, as editors read them: `###` begins a request, `#` and `//` a comment, `@` a variable, and a blank line the body.
fn parse(text: &str) -> (Variables, Vec<Request>) {
    let (mut variables, mut requests) = (Variables::new(), Vec::new());
    let mut parts = text.split("\n###");
    for line in parts.next().unwrap_or_default().lines() {
        if let Some((name, value)) = line.strip_prefix('@').and_then(|line| line.split_once('=')) {
            variables.insert(name.trim().to_owned(), value.trim().to_owned());
        }
    }
    requests.extend(parts.map(request));
    (variables, requests)
}

fn request(part: &str) -> Request {
    let (title, rest) = part.split_once('\n').unwrap_or((part, ""));
    let title = title.trim().to_owned();
    let mut lines = rest.lines();
    let mut answers = None;
    let first = loop {
        let line = lines.next().unwrap_or_else(|| panic!("{title} has no request"));
        if let Some(said) = line.strip_prefix("# answers ") {
            answers = said.get(..3).and_then(|status| status.parse().ok());
        } else if !line.trim().is_empty() && !line.starts_with('#') && !line.starts_with("//") {
            break line;
        }
    };
    let (method, url) = first.split_once(' ').unwrap_or_else(|| panic!("{title}: no method and URL in {first:?}"));
    let headers = lines.by_ref().map_while(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Request {
        answers: answers.unwrap_or_else(|| panic!("{title} does not say what it answers")),
        method: method.to_owned(),
        url: url.trim().to_owned(),
        headers,
        body: lines.collect::<Vec<_>>().join("\n").trim().to_owned(),
        title,
    }
}

/// With the variables put in; one that is not there is left, and found by who looks at it.
fn filled(text: &str, variables: &Variables) -> String {
    variables.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value))
}

fn file() -> (Variables, Vec<Request>) {
    parse(&std::fs::read_to_string(root().join("localstack/requests.http")).unwrap())
}

#[test]
fn the_file_is_read_as_editors_read_it() {
    let text = "# a comment\n@base = http://x\n\n### One\n# answers 201, and 409 then\n# @no-redirect\nPOST {{base}}/a?b=c\nA: b: c\nD: {{e}}\n\n{\n\n}\n\n### Two\n# answers 200\nGET {{base}}/\n";
    let (variables, requests) = parse(text);
    assert_eq!(variables, Variables::from([("base".to_owned(), "http://x".to_owned())]));
    assert_eq!(requests.len(), 2);
    let one = &requests[0];
    assert_eq!(
        (one.title.as_str(), one.answers, one.method.as_str(), one.url.as_str()),
        ("One", 201, "POST", "{{base}}/a?b=c")
    );
    assert_eq!(one.headers, [("A".to_owned(), "b: c".to_owned()), ("D".to_owned(), "{{e}}".to_owned())]);
    assert_eq!((one.body.as_str(), filled(&one.url, &variables).as_str()), ("{\n\n}", "http://x/a?b=c"));
    assert!(requests[1].headers.is_empty() && requests[1].body.is_empty());
}

/// The path as openapi.json writes it: each part with a variable or without is compared, and a parameter matches any.
fn is_of(path: &str, described: &str) -> bool {
    let (parts, wanted): (Vec<_>, Vec<_>) = (path.split('/').collect(), described.split('/').collect());
    parts.len() == wanted.len()
        && parts.iter().zip(wanted).all(|(part, wanted)| wanted.starts_with('{') || *part == wanted)
}

#[test]
fn an_operation_that_has_no_request_is_found_and_so_is_a_request_of_none() {
    let all: Value = serde_json::from_slice(&std::fs::read(root().join("openapi.json")).unwrap()).unwrap();
    let paths = all["paths"].as_object().unwrap();
    let mut operations: BTreeSet<(String, &str)> = BTreeSet::new();
    for (path, item) in paths {
        operations.extend(item.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.as_str())));
    }
    let mut lacking = operations.clone();
    for request in file().1 {
        let url = request.url.strip_prefix("{{base}}").unwrap_or_else(|| panic!("{}: not of @base", request.title));
        let path = url.split('?').next().unwrap_or_default();
        let matching =
            operations.iter().filter(|(method, described)| *method == request.method && is_of(path, described));
        // Of several, the one with the most that is said: `/health` is no code.
        let best = matching.min_by_key(|(_, described)| described.matches('{').count());
        let best = best.unwrap_or_else(|| panic!("{}: there is no {} {path}", request.title, request.method));
        lacking.remove(best);
    }
    assert!(lacking.is_empty(), "no request of {lacking:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_is_answered_as_it_says() {
    let stage = Stage::start(&["event-fanout", "order-consumer", "discussion-consumer"]).await;
    let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
    let (mut variables, requests) = file();
    variables.insert("base".to_owned(), stage.base.clone());
    variables.insert("key".to_owned(), stage.key.clone());
    let variables = RefCell::new(variables);
    for request in requests {
        let body = answered(&client, &request, &variables).await;
        // What a person copies from an answer into the variables above.
        if request.title.starts_with("List dead letters") {
            variables.borrow_mut().insert("letter".to_owned(), body["items"][0]["id"].to_string());
        }
        for name in ["keyId", "threadId", "commentId"] {
            if let Some(made) = body[name].as_str() {
                variables.borrow_mut().insert(name.to_owned(), made.to_owned());
            }
        }
    }
    stage.stop().await;
}

/// Sends it; and again, while what comes through Kafka is not there yet: where there is nothing, a list is empty that will not stay so, or
/// what should not have changed has.
async fn answered(client: &Client, request: &Request, variables: &RefCell<Variables>) -> Value {
    let awaited = format!("{}: {}", request.title, request.answers);
    eventually(&awaited, PATIENCE, async || {
        let known = variables.borrow().clone();
        let (status, etag, text) = send(client, request, &known).await;
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        let changed = request.answers == 304 && status == 200;
        let may_stay_empty = ["/api/parked", "/api/outbox"].iter().any(|list| request.url.contains(list));
        let is_empty = body["items"].as_array().is_some_and(Vec::is_empty) && !may_stay_empty;
        let may_come = request.method == "GET" && (status == 404 || changed);
        assert!(status == request.answers || may_come, "{awaited}, not {status}: {text}");
        variables.borrow_mut().extend(etag.map(|etag| ("etag".to_owned(), etag)));
        (status == request.answers && !is_empty).then_some(body)
    })
    .await
}

/// The status, the `ETag` and the body.
async fn send(client: &Client, request: &Request, variables: &Variables) -> (u16, Option<String>, String) {
    let url = filled(&request.url, variables);
    assert!(!url.contains("{{"), "{}: {url} has a variable that is not there", request.title);
    let mut sent = client.request(Method::from_bytes(request.method.as_bytes()).unwrap(), url);
    for (name, value) in &request.headers {
        sent = sent.header(name, filled(value, variables));
    }
    let answer = sent.body(filled(&request.body, variables)).send().await.unwrap();
    let etag = answer.headers().get("etag").and_then(|etag| etag.to_str().ok()).map(str::to_owned);
    (answer.status().as_u16(), etag, answer.text().await.unwrap())
}
