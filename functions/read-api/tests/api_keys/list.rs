use std::collections::HashSet;

use http::Method;
use serde_json::json;

use crate::api::Api;

#[tokio::test]
async fn pages_show_every_key_once_while_new_ones_are_made() {
    let api = Api::start().await;
    let make = async || {
        let made = api.make(&json!({ "name": "a", "scopes": ["read"] })).await;
        made.body["keyId"].as_str().unwrap().to_owned()
    };
    let mut expected = HashSet::from([api.admin[9..21].to_owned()]);
    for _ in 0..7 {
        expected.insert(make().await);
    }
    let (mut seen, mut path, mut made_meanwhile) = (Vec::new(), "/api/keys?limit=3".to_owned(), HashSet::new());
    loop {
        let page = api.ask(Method::GET, &path).await.body;
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 3);
        seen.extend(items.iter().map(|key| key["keyId"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/keys?limit=3&cursor={next}");
        made_meanwhile.insert(make().await);
    }
    let different: HashSet<String> = seen.iter().cloned().collect();
    assert_eq!(different.len(), seen.len(), "{seen:?}");
    // All were made at one moment, so that new ones may stand anywhere in the list.
    assert!(expected.is_subset(&different) && different.is_subset(&(&expected | &made_meanwhile)), "{seen:?}");
    // Older than all.
    assert_eq!(seen.last().unwrap(), &api.admin[9..21]);
}

#[tokio::test]
async fn a_page_that_cannot_be_asked_for_is_refused_by_parameter() {
    let api = Api::start().await;
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=x", "limit"),
        ("limit=1&limit=2", "query"),
        ("offset=1", "query"),
        ("cursor=x", "cursor"),
        ("cursor=", "cursor"),
        // [1,"a\u0000"]
        ("cursor=WzEsImFcdTAwMDAiXQ", "cursor"),
        // [9223372036854775807,"0123456789ab"]
        ("cursor=WzkyMjMzNzIwMzY4NTQ3NzU4MDcsIjAxMjM0NTY3ODlhYiJd", "cursor"),
    ] {
        let refused = api.ask(Method::GET, &format!("/api/keys?{query}")).await;
        refused.problem(400, "invalid-request");
        assert_eq!(refused.body["field"], field, "{query}: {refused:?}");
    }
}
