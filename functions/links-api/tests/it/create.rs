use http::StatusCode;
use insta::assert_json_snapshot;
use serde_json::json;

use crate::api::Api;

#[tokio::test]
async fn a_new_link_is_shown_with_its_short_url_and_where_it_is() {
    let api = Api::start().await;
    let made = api.post(&json!({ "target": "https://EXAMPLE.com/a b?c=d#e" })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let code = made.body["code"].as_str().unwrap();
    assert_eq!(made.body["shortUrl"], format!("https://short.example/{code}"));
    assert_eq!(made.headers["location"], format!("/api/links/{code}"));
    assert_eq!(made.headers["content-type"], "application/json");
    assert_json_snapshot!(made.body, { ".linkId" => "[id]", ".code" => "[code]", ".shortUrl" => "[url]" }, @r#"
    {
      "code": "[code]",
      "createdAt": "2026-11-15T12:34:56.789123Z",
      "linkId": "[id]",
      "shortUrl": "[url]",
      "target": "https://example.com/a%20b?c=d#e"
    }
    "#);
    let shown = api.get(&format!("/api/links/{code}")).await;
    assert_eq!((shown.status, shown.body), (StatusCode::OK, made.body));
}

#[tokio::test]
async fn two_links_to_one_target_have_codes_of_their_own() {
    let api = Api::start().await;
    let link = json!({ "target": "https://example.com/" });
    let (one, other) = (api.post(&link).await, api.post(&link).await);
    assert_ne!(one.body["code"], other.body["code"]);
    assert_ne!(one.body["linkId"], other.body["linkId"]);
    assert_eq!(api.links().await, 2);
}

#[tokio::test]
async fn an_own_code_is_taken_as_it_is_and_upper_and_lower_case_differ() {
    let api = Api::start().await;
    let longest = "x".repeat(64);
    for code in ["Summer-Sale_2026", "summer-sale_2026", "_", "-", longest.as_str()] {
        let made = api.make(code).await;
        assert_eq!(made.body["code"], code);
        assert_eq!(api.get(&format!("/api/links/{code}")).await.body, made.body);
    }
}

#[tokio::test]
async fn a_code_that_is_null_is_one_that_nobody_chose() {
    let api = Api::start().await;
    let made = api.post(&json!({ "target": "https://example.com/", "code": null })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
}

#[tokio::test]
async fn a_code_that_is_taken_stays_with_its_first_link() {
    let api = Api::start().await;
    let first = api.make("abc").await;
    let second = api.post(&json!({ "target": "https://example.org/", "code": "abc" })).await;
    second.problem_about(409, "code-taken", "code");
    assert_eq!(api.get("/api/links/abc").await.body, first.body);
    assert_eq!(api.links().await, 1);
}

#[tokio::test]
async fn of_two_that_want_a_code_at_once_one_gets_it() {
    let api = Api::start().await;
    let link = json!({ "target": "https://example.com/", "code": "abc" });
    let (one, other) = tokio::join!(api.post(&link), api.post(&link));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    assert_eq!(api.links().await, 1);
}
