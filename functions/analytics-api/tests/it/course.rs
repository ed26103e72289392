use serde_json::json;
use time::Duration;
use time::macros::datetime;

use crate::world::{COMMENT, DOWN, NOW, UP, VIEW, World};

const COURSE: &str = "/api/analytics/courses/c-1";

#[tokio::test]
async fn a_course_has_its_sums_and_the_days_on_which_anything_happened() {
    let world = World::new().await;
    world.create("t-1", "c-1", datetime!(2026-11-19 23:59:59.999_999 UTC)).await;
    world.create("t-2", "c-1", datetime!(2026-11-20 00:00 UTC)).await;
    world.create("elsewhere", "c-2", NOW).await;
    world.happen("elsewhere", 9, VIEW, NOW).await;
    world.happen("t-1", 3, VIEW, NOW).await;
    world.happen("t-2", 2, COMMENT, NOW).await;
    world.happen("t-2", 2, UP, datetime!(2026-11-20 12:00 UTC)).await;
    world.happen("t-1", 1, DOWN, datetime!(2026-11-20 12:00 UTC)).await;
    world.delete("t-2", NOW).await;
    let day = |day, threads, views, comments, up_votes, down_votes| {
        json!({
            "day": day,
            "threads": threads,
            "views": views,
            "comments": comments,
            "upVotes": up_votes,
            "downVotes": down_votes,
        })
    };
    let expected = json!({
        "courseId": "c-1",
        "threads": 1,
        // What happened in the thread that was deleted stays.
        "views": 3,
        "comments": 2,
        "upVotes": 2,
        "downVotes": 1,
        "byDay": [
            day("2026-11-19", 1, 0, 0, 0, 0),
            day("2026-11-20", 1, 0, 0, 2, 1),
            day("2026-11-21", -1, 3, 2, 0, 0),
        ],
    });
    assert_eq!(world.must_get(COURSE).await, expected);
}

#[tokio::test]
async fn the_series_goes_back_as_far_as_it_was_asked_to_and_the_sums_to_the_beginning() {
    let world = World::new().await;
    for (id, days) in [("t-1", 0), ("t-2", 1), ("t-3", 29), ("t-4", 30), ("t-5", 365), ("t-6", 366)] {
        world.create(id, "c-1", NOW - Duration::days(days)).await;
    }
    // Which the clock has not come to.
    world.create("t-7", "c-1", NOW + Duration::days(2)).await;
    for (query, expected) in
        [("?days=1", 2), ("?days=2", 3), ("", 4), ("?days=30", 4), ("?days=31", 5), ("?days=366", 6)]
    {
        let shown = world.must_get(&format!("{COURSE}{query}")).await;
        let days = shown["byDay"].as_array().unwrap();
        assert_eq!((days.len(), &shown["threads"]), (expected, &json!(7)), "{query}: {shown}");
        assert!(days.is_sorted_by_key(|day| day["day"].as_str().unwrap()), "{shown}");
    }
}

#[tokio::test]
async fn a_course_of_which_no_event_told_is_a_404() {
    let world = World::new().await;
    world.create("t-1", "c-1", NOW).await;
    for id in ["c-2", "C-1", "c-1%20", "a%00b", &"x".repeat(129)] {
        world.get(&format!("/api/analytics/courses/{id}")).await.problem(404, "not-found");
    }
    // One whose threads were all deleted is there.
    world.delete("t-1", NOW).await;
    assert_eq!(world.must_get(COURSE).await["threads"], 0);
}
