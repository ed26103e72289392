//! What discussions come to may stand in a database of its own.

use analytics_api::AnalyticsApi;
use settings::Environment;
use testkit::TestDatabase;

use crate::world::{Answer, NOW, create, router};

const PATHS: [&str; 3] =
    ["/api/analytics/threads/t-1", "/api/analytics/courses/c-1", "/api/analytics/courses/c-1/top?period=week"];

#[tokio::test]
async fn keys_are_in_one_database_and_what_they_open_is_in_another() {
    let (keys, aggregates) = (TestDatabase::new().await, TestDatabase::new().await);
    let (router, _) = router(&[("DATABASE_URL", aggregates.url()), ("API_KEYS_DATABASE_URL", keys.url())]);
    create(&aggregates, "t-1", "c-1", NOW).await;
    create(&keys, "t-2", "c-2", NOW).await;
    let key = testkit::api_key(&keys, &["read"], &[]).await;
    for path in PATHS {
        assert_eq!(Answer::of(&router, path, &key).await.status, 200, "{path}");
    }
    for path in ["/api/analytics/threads/t-2", "/api/analytics/courses/c-2"] {
        Answer::of(&router, path, &key).await.problem(404, "not-found");
    }
    let other = testkit::api_key(&aggregates, &["read"], &[]).await;
    assert_eq!(Answer::of(&router, PATHS[0], &other).await.status, 401);
}

#[tokio::test]
async fn either_database_that_is_away_is_said() {
    let database = TestDatabase::new().await;
    let key = testkit::api_key(&database, &["read"], &[]).await;
    let away = || "postgres://onceward_app@127.0.0.1:1/onceward".to_owned();
    for settings in [
        [("DATABASE_URL", away()), ("API_KEYS_DATABASE_URL", database.url())],
        [("DATABASE_URL", database.url()), ("API_KEYS_DATABASE_URL", away())],
    ] {
        let (router, _) = router(&settings);
        for path in PATHS {
            let answer = Answer::of(&router, path, &key).await;
            answer.problem(503, "unavailable");
            assert_eq!(answer.headers["retry-after"], "2");
        }
    }
}

#[tokio::test]
async fn a_url_that_is_none_is_named_at_start_by_its_variable() {
    let good = "postgres://onceward_app@127.0.0.1:1/onceward";
    for (url, keys, name) in
        [(good, "no url", "API_KEYS_DATABASE_URL"), ("no url", good, "DATABASE_URL"), ("", good, "DATABASE_URL")]
    {
        let environment = Environment::from_iter([("DATABASE_URL", url), ("API_KEYS_DATABASE_URL", keys)]);
        let error = AnalyticsApi::start(&environment, || NOW).err().expect(name).to_string();
        assert!(error.starts_with(&format!("{name} ")) && !error.contains("no url"), "{error}");
    }
}
