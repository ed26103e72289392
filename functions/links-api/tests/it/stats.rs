use insta::assert_json_snapshot;
use store::clicks::{self, Click};
use testkit::{click, rollups_equal_facts};
use time::Duration;
use uuid::Uuid;

use crate::api::{Api, NOW};

/// Makes a link with this code and gives its id.
async fn link(api: &Api, code: &str) -> Uuid {
    api.make(code).await.body["linkId"].as_str().unwrap().parse().unwrap()
}

async fn insert(api: &Api, batch: &[Click]) {
    let inserted = clicks::insert(&mut api.database.pool.acquire().await.unwrap(), batch).await.unwrap();
    assert!(inserted.iter().all(|inserted| *inserted));
}

#[tokio::test]
async fn a_link_that_nobody_clicked_has_zeros() {
    let api = Api::start().await;
    link(&api, "abc").await;
    let stats = api.get("/api/links/abc/stats").await;
    assert_eq!(stats.status, 200);
    assert_json_snapshot!(stats.body, @r#"
    {
      "bots": 0,
      "byCountry": [],
      "byDay": [],
      "byDevice": {
        "desktop": 0,
        "mobile": 0,
        "other": 0,
        "tablet": 0
      },
      "byHour": [],
      "bySource": {
        "campaign": 0,
        "direct": 0,
        "email": 0,
        "referral": 0,
        "search": 0,
        "social": 0
      },
      "clicks": 0,
      "code": "abc"
    }
    "#);
}

#[tokio::test]
async fn clicks_are_counted_by_everything_with_bots_apart() {
    let api = Api::start().await;
    let id = link(&api, "abc").await;
    let german = |device, traffic_source| Click {
        country: "DE".to_owned(),
        device,
        traffic_source,
        ..click(id, NOW - Duration::hours(1))
    };
    let batch = [
        click(id, NOW),
        german("mobile", "search"),
        german("mobile", "social"),
        Click {
            country: "FR".to_owned(),
            device: "tablet",
            traffic_source: "email",
            ..click(id, NOW - Duration::days(1))
        },
        Click { device: "other", traffic_source: "campaign", ..click(id, NOW - Duration::days(3)) },
        Click { traffic_source: "referral", ..click(id, NOW) },
        Click { is_bot: true, ..german("other", "direct") },
        Click { is_bot: true, ..click(id, NOW) },
        // Of another link: it counts nothing here.
        click(link(&api, "other").await, NOW),
    ];
    insert(&api, &batch).await;
    rollups_equal_facts(&api.database.pool).await;
    assert_json_snapshot!(api.get("/api/links/abc/stats").await.body, @r#"
    {
      "bots": 2,
      "byCountry": [
        {
          "bots": 1,
          "clicks": 3,
          "country": "unknown"
        },
        {
          "bots": 1,
          "clicks": 2,
          "country": "DE"
        },
        {
          "bots": 0,
          "clicks": 1,
          "country": "FR"
        }
      ],
      "byDay": [
        {
          "bots": 0,
          "clicks": 1,
          "day": "2026-11-12"
        },
        {
          "bots": 0,
          "clicks": 1,
          "day": "2026-11-14"
        },
        {
          "bots": 2,
          "clicks": 4,
          "day": "2026-11-15"
        }
      ],
      "byDevice": {
        "desktop": 2,
        "mobile": 2,
        "other": 1,
        "tablet": 1
      },
      "byHour": [
        {
          "bots": 0,
          "clicks": 1,
          "hour": "2026-11-14T12:00:00Z"
        },
        {
          "bots": 1,
          "clicks": 2,
          "hour": "2026-11-15T11:00:00Z"
        },
        {
          "bots": 1,
          "clicks": 2,
          "hour": "2026-11-15T12:00:00Z"
        }
      ],
      "bySource": {
        "campaign": 1,
        "direct": 1,
        "email": 1,
        "referral": 1,
        "search": 1,
        "social": 1
      },
      "clicks": 6,
      "code": "abc"
    }
    "#);
}

#[tokio::test]
async fn series_go_back_as_far_as_asked_the_current_hour_and_day_included() {
    let api = Api::start().await;
    let id = link(&api, "abc").await;
    let batch: Vec<Click> = (0..72).map(|hours| click(id, NOW - Duration::hours(hours))).collect();
    insert(&api, &batch).await;
    let length = async |query: &str| {
        let stats = api.get(&format!("/api/links/abc/stats{query}")).await;
        assert_eq!(stats.body["clicks"], 72, "{stats:?}");
        ["byHour", "byDay"].map(|series| stats.body[series].as_array().unwrap().len())
    };
    assert_eq!(length("").await, [48, 4]);
    assert_eq!(length("?").await, [48, 4]);
    assert_eq!(length("?hours=1&days=1").await, [1, 1]);
    assert_eq!(length("?hours=2").await, [2, 4]);
    assert_eq!(length("?days=2").await, [48, 2]);
    assert_eq!(length("?hours=0&days=0").await, [0, 0]);
    assert_eq!(length("?hours=65535&days=65535").await, [72, 4]);
}

#[tokio::test]
async fn a_range_that_cannot_be_one_is_refused() {
    let api = Api::start().await;
    link(&api, "abc").await;
    for query in [
        "hours=",
        "hours=x",
        "hours=-1",
        "hours=1.5",
        "days=65536",
        "days=1&days=2",
        "weeks=1",
        "hours=%00",
        "hours=%ff",
    ] {
        let refused = api.get(&format!("/api/links/abc/stats?{query}")).await;
        let detail = refused.problem_about(400, "invalid-request", "query");
        assert!(detail.contains("hours") && detail.contains("days"), "{detail}");
    }
}
