//! Votes that change, threads that end, titles that are overtaken, and the edges of the calendar.

use consumer::Outcomes;
use events::Event;
use events::Vote::{Down, None as NoVote, Up};
use testkit::{
    comment_added, comment_deleted, thread_created, thread_deleted, thread_edited, thread_viewed, vote_cast,
};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use crate::world::{NOW, World, at};

#[tokio::test]
async fn a_vote_that_goes_up_down_and_away_leaves_nothing_in_one_batch_and_in_three() {
    let told = [
        thread_created("t-1", "c-1", "Who?"),
        vote_cast("t-1", None, NoVote, Up),
        vote_cast("t-1", None, Up, Down),
        vote_cast("t-1", None, Down, NoVote),
    ];
    let (together, singly) = (World::new().await, World::new().await);
    together.tell(0, &told).await;
    let mut seen = Vec::new();
    for (offset, event) in (0..).zip(&told) {
        singly.tell(offset, std::slice::from_ref(event)).await;
        seen.extend(singly.threads().await);
    }
    let thread = |sums: &str| format!("t-1 c-1 Who? v0 c0 {sums}");
    assert_eq!(seen, ["+0 -0 =0", "+1 -0 =3", "+0 -1 =-3", "+0 -0 =0"].map(thread));
    for world in [together, singly] {
        assert_eq!(world.threads().await, [thread("+0 -0 =0")]);
        assert_eq!(world.periods().await, [""; 0]);
        assert_eq!(world.days().await, ["c-1 2026-11-21 t1 v0 c0 +0 -0"]);
        testkit::aggregates_equal_facts(&world.database.pool).await;
    }
}

/// A vote is taken back on another day than it was cast, and the later event comes first.
#[tokio::test]
async fn sums_may_be_below_zero_on_the_way_and_in_a_period() {
    let world = World::new().await;
    let yesterday = NOW - Duration::DAY;
    let (up, back) = (vote_cast("t-1", None, NoVote, Up), vote_cast("t-1", None, Up, NoVote));
    let (added, deleted) = (comment_added("t-1", "k-1"), comment_deleted("t-1", "k-1"));
    world.tell(0, &[at(yesterday, thread_created("t-1", "c-1", "Who?")), back, deleted]).await;
    assert_eq!(world.threads().await, ["t-1 c-1 Who? v0 c-1 +-1 -0 =-8"]);
    world.tell(3, &[at(yesterday, up), at(yesterday, added)]).await;
    assert_eq!(world.threads().await, ["t-1 c-1 Who? v0 c0 +0 -0 =0"]);
    let days = ["c-1 2026-11-20 t1 v0 c1 +1 -0", "c-1 2026-11-21 t0 v0 c-1 +-1 -0"];
    assert_eq!(world.days().await, days);
    testkit::aggregates_equal_facts(&world.database.pool).await;
}

#[tokio::test]
async fn a_deleted_thread_leaves_its_course_one_thread_less_once_and_its_sums_stay() {
    let world = World::new().await;
    let later = NOW + Duration::MINUTE;
    let created = [thread_created("t-1", "c-1", "Who?"), thread_viewed("t-1"), comment_added("t-1", "k-1")];
    world.tell(0, &created).await;
    let deleted = [thread_deleted("t-1"), at(later, thread_deleted("t-1")), thread_viewed("t-1")];
    assert_eq!(world.tell(3, &deleted).await, Outcomes { applied: 2, duplicates: 1, ..Outcomes::default() });
    assert_eq!(world.tell(6, &[thread_deleted("t-1")]).await, Outcomes { duplicates: 1, ..Outcomes::default() });
    assert_eq!(world.threads().await, ["t-1 c-1 Who? v2 c1 +0 -0 =7 deleted"]);
    assert_eq!(world.days().await, ["c-1 2026-11-21 t0 v2 c1 +0 -0"]);
    testkit::aggregates_equal_facts(&world.database.pool).await;
}

#[tokio::test]
async fn the_title_of_the_newest_version_holds_and_an_older_one_is_stale_and_leaves_no_fact() {
    let edits = [2, 3, 4].map(|version| thread_edited("t-1", version, &format!("Title {version}")));
    for (order, stale) in [([0, 1, 2], 0), ([2, 1, 0], 2), ([1, 0, 2], 1), ([1, 2, 0], 1)] {
        let (together, singly) = (World::new().await, World::new().await);
        let created = std::iter::once(thread_created("t-1", "c-1", "Title 1"));
        let told: Vec<Event> = created.chain(order.map(|place| edits[place].clone())).collect();
        let outcomes = together.tell(0, &told).await;
        assert_eq!(outcomes, Outcomes { applied: 4 - stale, stale, ..Outcomes::default() }, "{order:?}");
        for (offset, event) in (0..).zip(&told) {
            singly.tell(offset, std::slice::from_ref(event)).await;
        }
        for world in [together, singly] {
            assert_eq!(world.threads().await, ["t-1 c-1 Title 4 v0 c0 +0 -0 =0"], "{order:?}");
            let facts = world.texts("select event_type from thread_activity").await;
            assert_eq!(facts.len() as u64, 4 - stale);
            testkit::aggregates_equal_facts(&world.database.pool).await;
        }
    }
}

#[tokio::test]
async fn views_are_no_activity_and_all_else_is() {
    let world = World::new().await;
    let minute = |minute| NOW - Duration::HOUR + Duration::minutes(minute);
    world.tell(0, &[at(minute(0), thread_created("t-1", "c-1", "Who?"))]).await;
    for (offset, (event, expected)) in (1..).zip([
        (at(minute(5), thread_viewed("t-1")), "08:30"),
        (at(minute(4), vote_cast("t-1", Some("k-1"), NoVote, Up)), "08:34"),
        (at(minute(6), thread_edited("t-1", 2, "What?")), "08:36"),
        // What happened before and comes later.
        (at(minute(3), comment_added("t-1", "k-2")), "08:36"),
        (at(minute(9), thread_deleted("t-1")), "08:39"),
    ]) {
        world.tell(offset, &[event]).await;
        assert_eq!(world.activity().await, [format!("t-1 2026-11-21 {expected}")]);
    }
}

/// Days, weeks and months begin at midnight in UTC, and weeks on Mondays. One that is dated far ahead counts as of its record.
#[tokio::test]
async fn what_happens_at_the_turn_of_a_month_counts_where_it_belongs() {
    let world = World::new().await;
    // A Sunday, and the first of a month.
    let turn = datetime!(2026-11-01 00:00 UTC);
    let viewed = |time: OffsetDateTime| at(time, thread_viewed("t-1"));
    let told = [
        at(turn - Duration::DAY, thread_created("t-1", "c-1", "Who?")),
        viewed(turn - Duration::MICROSECOND),
        viewed(turn),
        viewed(turn + Duration::DAY),
        viewed(datetime!(2027-06-01 00:00 UTC)),
    ];
    world.tell(0, &told).await;
    let line = |what: &str| format!("t-1 {what} c0 +0 -0");
    let expected = [
        "day 2026-10-31 v1",
        "day 2026-11-01 v1",
        "day 2026-11-02 v1",
        "day 2026-11-21 v1",
        "month 2026-10-01 v1",
        "month 2026-11-01 v3",
        "week 2026-10-26 v2",
        "week 2026-11-02 v1",
        "week 2026-11-16 v1",
    ];
    assert_eq!(world.periods().await, expected.map(line));
    testkit::aggregates_equal_facts(&world.database.pool).await;
}
