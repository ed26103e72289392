use store::dead_letters::{self, Filter, Reason};
use testkit::TestDatabase;
use time::Duration;

use crate::NOON;
use crate::repairs::{all, everything, keep, letter, nothing_is_blocked_in_vain, redrive, redrive_all, sum, texts};

fn reason() -> Reason {
    Reason::new(" a test order of ours\0 ").unwrap()
}

#[test]
fn nothing_is_given_up_without_a_reason() {
    for text in ["", " ", "\n\t"] {
        assert_eq!(Reason::new(text), None, "{text:?}");
    }
}

#[tokio::test]
async fn what_was_discarded_stays_so_with_its_reason_and_its_event_too() {
    let database = TestDatabase::new().await;
    keep(&database, &[letter(Some(b"a"), 1), letter(Some(b"a"), 2)]).await;
    let ids = all(&database).await;
    let mut connection = database.pool.acquire().await.unwrap();
    let would = dead_letters::count_discardable(&mut connection, &ids[..1]).await.unwrap();
    assert_eq!(dead_letters::discard(&mut connection, &ids[..1], &reason(), NOON).await.unwrap(), would);
    assert_eq!(sum(&would), 1);
    let once = everything(&database.pool).await;
    assert_eq!(sum(&dead_letters::discard(&mut connection, &ids[..1], &reason(), NOON).await.unwrap()), 0);
    assert_eq!(redrive(&database.pool, &ids[..1]).await, 0);
    assert_eq!(everything(&database.pool).await, once);
    let shown = dead_letters::show(&mut connection, ids[0]).await.unwrap().unwrap();
    assert_eq!(shown.reason.as_deref(), Some("a test order of ours\u{fffd}"));
    assert_eq!((shown.state.as_str(), shown.inbox_state.as_deref()), ("discarded", Some("discarded")));
    assert_eq!(redrive_all(&database.pool, 10).await, 1);
    assert_eq!(texts(&database.pool, "select state from inbox order by event_id").await, ["discarded", "parked"]);
}

#[tokio::test]
async fn what_was_sent_on_cannot_be_discarded() {
    let database = TestDatabase::new().await;
    keep(&database, &[letter(Some(b"a"), 1)]).await;
    let ids = all(&database).await;
    assert_eq!(redrive(&database.pool, &ids).await, 1);
    let mut connection = database.pool.acquire().await.unwrap();
    assert_eq!(sum(&dead_letters::discard(&mut connection, &ids, &reason(), NOON).await.unwrap()), 0);
    assert_eq!(texts(&database.pool, "select state from inbox").await, ["parked"]);
}

#[tokio::test]
async fn a_letter_that_is_sent_on_and_discarded_at_once_ends_in_one_of_both() {
    let database = TestDatabase::new().await;
    keep(&database, &(0..500_i64).map(|offset| letter(Some(&(offset % 7).to_be_bytes()), offset)).collect::<Vec<_>>())
        .await;
    let ids = all(&database).await;
    let discard = async {
        let mut backwards = ids.clone();
        backwards.reverse();
        let mut discarded = 0;
        for ids in backwards.chunks(60) {
            let mut transaction = database.pool.begin().await.unwrap();
            discarded += sum(&dead_letters::discard(&mut transaction, ids, &reason(), NOON).await.unwrap());
            transaction.commit().await.unwrap();
        }
        discarded
    };
    let (redriven, discarded) = tokio::join!(redrive_all(&database.pool, 50), discard);
    assert_eq!(redriven + discarded, 500, "{redriven} {discarded}");
    let together = "select letter.state || ' ' || inbox.state from dead_letters as letter
                    join inbox using (consumer, event_source, event_id) group by 1 order by 1";
    let states = texts(&database.pool, together).await;
    assert!(
        states.iter().all(|state| ["discarded discarded", "redriven parked"].contains(&state.as_str())),
        "{states:?}"
    );
    assert_eq!(texts(&database.pool, "select count(*)::text from parked_events").await, [redriven.to_string()]);
    nothing_is_blocked_in_vain(&database.pool).await;
}

#[tokio::test]
async fn each_filter_finds_what_it_says_newest_first_and_page_by_page() {
    let database = TestDatabase::new().await;
    let mut connection = database.pool.acquire().await.unwrap();
    keep(&database, &(0..5).map(|offset| letter(Some(b"a"), offset)).collect::<Vec<_>>()).await;
    let elsewhere =
        dead_letters::DeadLetter { topic: "user.events".to_owned(), error_class: "malformed", ..letter(Some(b"b"), 7) };
    dead_letters::insert(&mut connection, "event-fanout", &[elsewhere]).await.unwrap();
    let newest = dead_letters::find(&mut connection, &Filter::default(), Some(4)).await.unwrap();
    let ids: Vec<i64> = newest.iter().map(|letter| letter.dead_letter_id).collect();
    assert!(ids.is_sorted_by(|a, b| a > b) && newest[0].offset == 7, "{newest:?}");
    let next = Filter { to_id: Some(ids[3] - 1), ..Filter::default() };
    let rest = dead_letters::find(&mut connection, &next, Some(4)).await.unwrap();
    assert_eq!(rest.iter().map(|letter| letter.offset).collect::<Vec<_>>(), [1, 0]);

    let text = |text: &str| Some(text.to_owned());
    let failed_at: time::OffsetDateTime =
        sqlx::query_scalar("select max(failed_at) from dead_letters").fetch_one(&database.pool).await.unwrap();
    let none = Filter::default;
    for (filter, expected) in [
        (Filter { consumer: text("event-fanout"), ..none() }, 1),
        (Filter { topic: text("order.events"), ..none() }, 5),
        (Filter { error_class: text("malformed"), ..none() }, 1),
        (Filter { state: text("open"), ..none() }, 6),
        (Filter { state: text("applied"), ..none() }, 0),
        (Filter { key: Some(b"a".to_vec()), ..none() }, 5),
        (Filter { event_id: text("3"), ..none() }, 1),
        (Filter { since: Some(failed_at + Duration::SECOND), ..none() }, 0),
        (Filter { until: Some(failed_at + Duration::SECOND), ..none() }, 6),
        (Filter { from_id: Some(ids[0]), ..none() }, 1),
        (Filter { from_id: Some(ids[3]), to_id: Some(ids[1]), ..none() }, 3),
        (Filter { consumer: text("event-fanout"), topic: text("order.events"), ..none() }, 0),
    ] {
        let found = dead_letters::find(&mut connection, &filter, None).await.unwrap();
        assert_eq!(found.len(), expected, "{filter:?}");
    }
    let counts = dead_letters::counts(&mut connection).await.unwrap();
    let counts: Vec<_> = counts.iter().map(|count| (count.consumer.as_str(), count.letters)).collect();
    assert_eq!(counts, [("event-fanout", 1), ("order-consumer", 5)]);
}
