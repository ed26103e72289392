//! A load on its whole way, by Kafka and by HTTP.

use std::time::Duration;

use events::Topic;
use producer::{Attempts, Journal, Mixture, News, Pace, Parcel, Shares, Shop, Way, again, transmit};

use crate::world::{OPENED, PACE, World, journal_at};

const TROUBLES: Shares = Shares { duplicates: 0.1, rubbish: 0.05, out_of_order: 0.2 };

#[tokio::test(flavor = "multi_thread")]
async fn a_troubled_load_is_complete_once_each_and_its_totals_are_equal() {
    let world = World::new().await;
    let services = world.serve().await;
    let sent = world.load(&world.way(), 7, 600, TROUBLES).await;
    let verdict = world.settled().await;
    assert!(verdict.is_clean(), "{verdict:#?}");
    assert_eq!((sent.refused, sent.again, verdict.uncertain), (0, 0, 0));
    assert!(verdict.duplicates > 20, "{}", verdict.duplicates);
    let letters = verdict.tables.iter().find(|table| table.what == "dead letters").unwrap();
    assert!(letters.journal > 10 && letters.journal == letters.database, "{letters:?}");
    services.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn through_the_intake_rubbish_is_refused_and_the_rest_counts_once() {
    let world = World::new().await;
    let services = world.serve().await;
    let key = testkit::api_key(&world.database, &["events:*"], &["/producer"]).await;
    let sent = world.load(&Way::http(&services.base, &key).unwrap(), 8, 300, TROUBLES).await;
    assert!(sent.refused > 0, "{sent:?}");
    let verdict = world.settled().await;
    assert!(verdict.is_clean(), "{verdict:#?}");
    services.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_may_not_send_is_said_to_be_none() {
    let world = World::new().await;
    let services = world.serve().await;
    let way = Way::http(&services.base, "onceward_nobody").unwrap();
    let parcels: Vec<Parcel> = parcels(3);
    let error = way.send(&parcels.iter().collect::<Vec<_>>()).await.unwrap_err();
    assert!(error.to_string().contains("make api-key"), "{error}");
    services.stop().await;
}

/// The topic of orders is not there, as where somebody forgot it.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_kafka_refuses_is_an_error_and_sent_again_when_it_can_be() {
    let world = World::new().await;
    let without = |(name, own): (String, String)| {
        let is_forgotten = name == Topic::OrderEvents.variable();
        (name, if is_forgotten { testkit::unique_name() } else { own })
    };
    let way = Way::kafka(&world.variables().into_iter().map(without).collect()).unwrap();
    let sent = transmit(parcels(40).into_iter(), &mut world.journal(9), &way, PACE, |_| {}).await;
    let error = sent.unwrap_err().to_string();
    assert!(error.contains("Kafka refuses events (topic test."), "{error}");
    assert!(error.contains("replay --unacknowledged"), "{error}");

    let (mut journal, content) = Journal::resume(&world.path()).unwrap();
    let open = content.open();
    let is_refused = |number: &&u64| content.records[usize::try_from(**number).unwrap()].1.refused > 0;
    assert!(open.iter().filter(is_refused).count() > 0, "{content:?}");
    assert!(open.len() < 40, "the user has another topic");
    let sent = again(&content, &open, &mut journal, &world.way(), PACE, |_| {}).await.unwrap();
    assert_eq!((sent.acknowledged, sent.refused), (open.len() as u64, 0));
    assert!(Journal::read(&world.path()).unwrap().open().is_empty());
}

/// Whoever waits hears for whom, how long he still may, and why.
#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_answer_is_named_until_it_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    let way = Way::http(&format!("http://127.0.0.1:{}", stack::free_port()), "onceward_nobody").unwrap();
    let (pace, mut heard) = (Pace { rate: None, patience: Duration::from_secs(1) }, Vec::new());
    let sent = transmit(parcels(3).into_iter(), &mut journal_at(&path, "t", 9), &way, pace, |news| match news {
        News::Silence { whom, left, why } => heard.push((whom, left, why.to_owned())),
        other => panic!("{other:?}"),
    })
    .await;
    let error = sent.unwrap_err().to_string();
    assert!(error.starts_with("3 records are not acknowledged (http://127.0.0.1:"), "{error}");
    let is_right = |(whom, left, why): &(&str, Duration, String)| {
        *whom == "events-api" && *left <= pace.patience && why.contains("does not answer")
    };
    assert!(!heard.is_empty() && heard.iter().all(is_right), "{heard:?}");
    assert_eq!(Journal::read(&path).unwrap().open(), [0, 1, 2]);
}

fn parcels(count: usize) -> Vec<Parcel> {
    Mixture::new(Shop::open(9, "t", OPENED).flatten().take(count), Shares::default(), 9).collect()
}

/// Half of it was written down and sent, and the other half was written down alone.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_producer_left_open_may_be_there_or_not_and_is_sent_again() {
    let world = World::new().await;
    let services = world.serve().await;
    let (way, parcels) = (world.way(), parcels(40));
    let mut journal = world.journal(9);
    journal.sends(&parcels).unwrap();
    way.send(&parcels[..20].iter().collect::<Vec<_>>()).await.unwrap();
    drop(journal);
    let verdict = world.settled().await;
    assert!(verdict.is_clean() && verdict.uncertain > 0, "{verdict:#?}");

    let (mut journal, content) = Journal::resume(&world.path()).unwrap();
    let open = content.open();
    assert_eq!(open, (0..40).collect::<Vec<_>>());
    let sent = again(&content, &open, &mut journal, &way, PACE, |_| {}).await.unwrap();
    assert_eq!((sent.acknowledged, sent.again), (40, 40));
    let verdict = world.settled().await;
    assert!(verdict.is_clean(), "{verdict:#?}");
    assert_eq!(verdict.uncertain, 0);
    let content = Journal::read(&world.path()).unwrap();
    let expected = Attempts { tries: 2, acknowledged: 1, refused: 0 };
    assert!(content.records.iter().all(|(_, attempts)| *attempts == expected));
    services.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_journal_that_is_sent_again_changes_nothing() {
    let world = World::new().await;
    let services = world.serve().await;
    let way = world.way();
    world.load(&way, 10, 100, Shares::default()).await;
    let first = world.settled().await;
    assert!(first.is_clean(), "{first:#?}");
    let (mut journal, content) = Journal::resume(&world.path()).unwrap();
    let all: Vec<u64> = (0..content.records.len() as u64).collect();
    again(&content, &all, &mut journal, &way, PACE, |_| {}).await.unwrap();
    // Another shop behind it, whose events come to every partition: once they are there, so is all before them.
    let behind = world.folder.path().join("behind.jsonl");
    let sent =
        transmit(story_after_story(20).into_iter(), &mut journal_at(&behind, "behind", 11), &way, PACE, |_| {}).await;
    assert!(sent.unwrap().acknowledged > 100);
    let behind = world.settled_at(&behind).await;
    assert!(behind.is_clean(), "{behind:#?}");
    let second = world.settled().await;
    assert!(second.is_clean(), "{second:#?}");
    services.stop().await;
}

fn story_after_story(count: usize) -> Vec<Parcel> {
    let mut shop = Shop::open(11, "behind", OPENED);
    (0..count).flat_map(|_| shop.story()).map(|event| Parcel::of(&event)).collect()
}
