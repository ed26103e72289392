//! The description of the routes is whole.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value, json};
use template::Template;

fn described() -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { contract::openapi().unwrap() })
}

/// Path, method and operation.
fn operations(all: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = all["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

fn routes() -> BTreeSet<(String, String)> {
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/template.yaml");
    let functions = Template::read(&template).unwrap().functions;
    functions.into_iter().flat_map(|function| function.routes).map(|route| (route.path, route.method)).collect()
}

#[test]
fn a_route_that_is_deployed_and_not_described_is_found() {
    let all = described();
    let described: BTreeSet<_> =
        operations(&all).map(|(path, method, _)| (path.to_owned(), method.to_uppercase())).collect();
    let routes = routes();
    let (lacking, more): (Vec<_>, Vec<_>) =
        (routes.difference(&described).collect(), described.difference(&routes).collect());
    assert!(lacking.is_empty() && more.is_empty(), "not described: {lacking:?}; described and not deployed: {more:?}");
}

/// What needs no key.
const OPEN: [&str; 3] = ["/{code}", "/health", "/metrics"];
/// What tells of others that are away, and is never away for their sake: no answer of theirs is a problem.
const TELLS: [&str; 2] = ["/health", "/metrics"];

#[test]
fn every_operation_says_what_it_is_and_whom_it_serves() {
    let all = described();
    let tags: Vec<&Value> = all["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&all) {
        let at = format!("{method} {path}");
        for text in ["summary", "description", "operationId"] {
            assert!(operation[text].as_str().is_some_and(|text| !text.is_empty()), "{at} has no {text}");
        }
        assert!(ids.insert(operation["operationId"].to_string()), "{at}: another has its operationId");
        let own = operation["tags"].as_array().unwrap();
        assert!(own.len() == 1 && tags.contains(&&own[0]), "{at}: the tags {own:?} are not described");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].is_string(), "{at}: {} has no description", parameter["name"]);
        }
        assert_eq!(operation["security"].is_null(), OPEN.contains(&path), "{at} says who may call it");
        for scheme in operation["security"].as_array().into_iter().flatten() {
            assert!(all["components"]["securitySchemes"][only_key(scheme)].is_object(), "{at}: {scheme}");
        }
    }
}

fn only_key(object: &Value) -> &str {
    object.as_object().unwrap().keys().next().unwrap()
}

#[test]
fn every_refusal_is_a_problem() {
    let all = described();
    for (path, method, operation) in operations(&all).filter(|(path, ..)| !TELLS.contains(path)) {
        let at = format!("{method} {path}");
        let answers = operation["responses"].as_object().unwrap();
        assert!(answers.keys().any(|status| status < &"400".to_owned()), "{at} never succeeds");
        assert!(answers.contains_key("503"), "{at}: something may be away");
        let takes_body = operation["requestBody"].is_object();
        for (status, needed) in [
            ("401", !OPEN.contains(&path)),
            ("403", !OPEN.contains(&path)),
            ("413", takes_body),
            ("415", takes_body),
            ("404", path.contains('{')),
        ] {
            assert!(!needed || answers.contains_key(status), "{at} does not say {status}");
        }
        for (status, answer) in answers.iter().filter(|(status, _)| *status >= &"400".to_owned()) {
            let problem = json!({"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}});
            let expected = if method == "head" { Value::Null } else { problem };
            assert_eq!(answer["content"], expected, "{at}: {status}");
        }
    }
}

#[test]
fn what_tells_of_others_answers_in_its_own_form_whatever_is_away() {
    let all = described();
    let answers = |path: &str| all["paths"][path]["get"]["responses"].as_object().unwrap().clone();
    let health = answers("/health");
    assert_eq!(health.keys().collect::<Vec<_>>(), ["200", "503"]);
    assert_eq!(health["200"]["content"], health["503"]["content"]);
    assert_eq!(health["503"]["content"]["application/json"]["schema"]["$ref"], "#/components/schemas/Health");
    assert_eq!(answers("/metrics").keys().collect::<Vec<_>>(), ["200"]);
}

#[test]
fn every_reference_leads_somewhere() {
    let all = described();
    let mut references = Vec::new();
    collect(&all, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        assert!(all.pointer(&reference[1..]).is_some(), "{reference} leads nowhere");
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            references.extend(object.get("$ref").and_then(Value::as_str).map(str::to_owned));
            object.values().for_each(|value| collect(value, references));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}

/// Each media type that has a schema and examples, by where it stands.
fn media_types(all: &Value) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    for (path, method, operation) in operations(all) {
        let answers = operation["responses"].as_object().unwrap().iter();
        let bodies =
            answers.map(|(status, answer)| (status.as_str(), answer)).chain([("body", &operation["requestBody"])]);
        for (what, body) in bodies {
            let media_types = body["content"].as_object().into_iter().flatten();
            found
                .extend(media_types.map(|(name, media_type)| (format!("{method} {path}, {what}, {name}"), media_type)));
        }
    }
    found
}

#[test]
fn every_body_has_a_schema_and_every_example_keeps_to_it() {
    let all = described();
    let mut examples = 0;
    for (at, media_type) in media_types(&all) {
        assert!(media_type["schema"].is_object(), "{at} has no schema");
        let validator = validator(&all, &media_type["schema"]);
        let named = media_type["examples"].as_object().into_iter().flatten().map(|(_, example)| &example["value"]);
        for example in named.chain(media_type.get("example")) {
            let errors: Vec<String> = validator.iter_errors(example).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{at}: {errors:?}");
            examples += 1;
        }
    }
    assert!(examples > 8, "{examples} examples");
}

/// A schema, with all that it may refer to.
fn validator(all: &Value, schema: &Value) -> jsonschema::Validator {
    let mut whole: Map<String, Value> = schema.as_object().unwrap().clone();
    whole.insert("components".to_owned(), all["components"].clone());
    jsonschema::options().should_validate_formats(true).build(&Value::Object(whole)).unwrap()
}
