use serde_json::json;
use store::thread_aggregates::Change;
use time::Duration;
use time::macros::datetime;

use crate::world::{COMMENT, DOWN, NOW, UP, VIEW, World};

const TOP: &str = "/api/analytics/courses/c-1/top";

fn ranked(threads: &[(&str, i64)]) -> Vec<(String, i64)> {
    threads.iter().map(|(id, score)| ((*id).to_owned(), *score)).collect()
}

#[tokio::test]
async fn the_best_come_first_and_of_equal_ones_the_lesser_id_time_and_again() {
    let world = World::new().await;
    for id in ["t-b", "t-c", "t-a", "t-B", "t-d"] {
        world.create(id, "c-1", NOW).await;
    }
    world.create("elsewhere", "c-2", NOW).await;
    world.happen("elsewhere", 100, VIEW, NOW).await;
    world.happen("t-d", 6, VIEW, NOW).await;
    world.happen("t-c", 1, COMMENT, NOW).await;
    world.happen("t-a", 5, VIEW, NOW).await;
    world.happen("t-b", 1, DOWN, NOW).await;
    for path in [TOP.to_owned(), format!("{TOP}?period=all"), format!("{TOP}?period=day")] {
        for _ in 0..3 {
            let expected = ranked(&[("t-d", 6), ("t-a", 5), ("t-c", 5), ("t-B", 0), ("t-b", -3)]);
            assert_eq!(world.top(&path).await, expected, "{path}");
        }
    }
}

#[tokio::test]
async fn a_thread_in_the_list_says_what_happened_to_it() {
    let world = World::new().await;
    world.create("t-1", "c-1", NOW - Duration::days(30)).await;
    world.happen("t-1", 4, VIEW, NOW - Duration::days(30)).await;
    world.happen("t-1", 2, COMMENT, NOW).await;
    world.happen("t-1", 1, UP, NOW).await;
    let thread = |views, score| {
        json!({
            "threadId": "t-1",
            "title": "Title of t-1",
            "authorId": "u-1",
            "views": views,
            "comments": 2,
            "upVotes": 1,
            "downVotes": 0,
            "score": score,
            "lastActivityAt": "2026-11-21T12:00:00Z",
        })
    };
    let all = json!({"courseId": "c-1", "period": "all", "startsOn": null, "endsOn": null, "threads": [thread(4, 17)]});
    assert_eq!(world.must_get(TOP).await, all);
    let week = json!({
        "courseId": "c-1",
        "period": "week",
        "startsOn": "2026-11-16",
        "endsOn": "2026-11-22",
        "threads": [thread(0, 13)],
    });
    assert_eq!(world.must_get(&format!("{TOP}?period=week")).await, week);
}

#[tokio::test]
async fn a_period_begins_and_ends_in_utc_and_a_week_on_a_monday() {
    let world = World::new().await;
    world.create("t-1", "c-1", datetime!(2026-01-01 00:00 UTC)).await;
    // The last microsecond of a Sunday that ends a month, and the first of the Monday behind it, which somebody else calls Sunday.
    world.happen("t-1", 1, VIEW, datetime!(2026-05-31 23:59:59.999_999 UTC)).await;
    world.happen("t-1", 2, VIEW, datetime!(2026-05-31 19:00 -5)).await;
    for (query, expected) in [
        ("period=day&date=2026-05-30", None),
        ("period=day&date=2026-05-31", Some(1)),
        ("period=day&date=2026-06-01", Some(2)),
        ("period=day&date=2026-06-02", None),
        ("period=week&date=2026-05-24", None),
        ("period=week&date=2026-05-25", Some(1)),
        ("period=week&date=2026-05-31", Some(1)),
        ("period=week&date=2026-06-01", Some(2)),
        ("period=week&date=2026-06-07", Some(2)),
        ("period=week&date=2026-06-08", None),
        ("period=month&date=2026-04-30", None),
        ("period=month&date=2026-05-01", Some(1)),
        ("period=month&date=2026-06-30", Some(2)),
        ("period=month&date=2026-07-01", None),
        // Whoever does not say means today.
        ("period=day", None),
        ("period=month", None),
        // The ends of what can be asked for.
        ("period=week&date=0001-01-01", None),
        ("period=week&date=9999-12-31", None),
        ("period=all", Some(3)),
    ] {
        let expected: Vec<_> = expected.map(|score| ("t-1".to_owned(), score)).into_iter().collect();
        assert_eq!(world.top(&format!("{TOP}?{query}")).await, expected, "{query}");
    }
}

#[tokio::test]
async fn what_is_taken_back_in_another_period_counts_there() {
    let world = World::new().await;
    let last_week = NOW - Duration::WEEK;
    world.create("t-1", "c-1", last_week).await;
    world.happen("t-1", 3, UP, last_week).await;
    world.happen("t-1", 1, Change { up_votes: -1, down_votes: 1, ..Change::default() }, NOW).await;
    assert_eq!(world.top(TOP).await, ranked(&[("t-1", 3)]));
    assert_eq!(world.top(&format!("{TOP}?period=week")).await, ranked(&[("t-1", -6)]));
    assert_eq!(world.top(&format!("{TOP}?period=week&date=2026-11-14")).await, ranked(&[("t-1", 9)]));
}

#[tokio::test]
async fn a_thread_that_was_deleted_leaves_every_list() {
    let world = World::new().await;
    for id in ["t-1", "t-2"] {
        world.create(id, "c-1", NOW).await;
        world.happen(id, 1, VIEW, NOW).await;
    }
    world.delete("t-1", NOW).await;
    for query in ["", "?period=day", "?period=week", "?period=month"] {
        assert_eq!(world.top(&format!("{TOP}{query}")).await, ranked(&[("t-2", 1)]), "{query}");
    }
    world.delete("t-2", NOW).await;
    // The course is there all the same.
    assert!(world.top(TOP).await.is_empty());
}

#[tokio::test]
async fn there_are_ten_at_most() {
    let world = World::new().await;
    for number in 0..12 {
        let id = format!("t-{number:02}");
        world.create(&id, "c-1", NOW).await;
        world.happen(&id, number, VIEW, NOW).await;
    }
    let expected: Vec<_> = (2..12).rev().map(|number| (format!("t-{number:02}"), number)).collect();
    assert_eq!(world.top(TOP).await, expected);
    assert_eq!(world.top(&format!("{TOP}?period=month")).await, expected);
}

#[tokio::test]
async fn a_course_of_which_no_event_told_is_a_404_whatever_the_period() {
    let world = World::new().await;
    world.create("t-1", "c-1", NOW).await;
    for id in ["c-2", "C-1", "c-1%20", "a%00b"] {
        for query in ["", "?period=day", "?period=month&date=2020-01-01"] {
            world.get(&format!("/api/analytics/courses/{id}/top{query}")).await.problem(404, "not-found");
        }
    }
}
