//! How far groups have come, from a real broker.

use std::time::{Duration, Instant};

use kafka::{GroupWatch, KafkaSettings, LagError, OrderedPublisher, Progress, Record};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use settings::Environment;
use stack::kafka::{Broker, BrokerPorts};
use testkit::{TestTopic, bootstrap, eventually, unique_name};
use time::{Duration as Span, OffsetDateTime};

/// Longer than any machine needs, where the limit is not what is tested.
const PATIENCE: Duration = Duration::from_secs(20);
const PAST: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

fn settings(bootstrap: &str) -> KafkaSettings {
    KafkaSettings::read(&Environment::from_iter([("KAFKA_BOOTSTRAP_SERVERS", bootstrap)])).unwrap()
}

fn watch(topic: &TestTopic, group: &str) -> GroupWatch {
    GroupWatch::new(&settings(&bootstrap()), group, &topic.name, PATIENCE)
}

/// Publishes so many records, spread over the partitions by their keys.
async fn publish(bootstrap: &str, topic: &TestTopic, records: usize) {
    let publisher = OrderedPublisher::start(settings(bootstrap)).unwrap();
    let keys: Vec<String> = (0..records).map(|n| n.to_string()).collect();
    let record = |key| Record { topic: &topic.name, key: Some(key), value: Some(b"v"), headers: &[] };
    let records: Vec<Record<'_>> = keys.iter().map(|key| record(key.as_bytes())).collect();
    assert_eq!(publisher.publish(&records, PATIENCE).await.unavailable, None);
}

fn member(bootstrap: &str, group: &str) -> BaseConsumer {
    ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .create()
        .unwrap()
}

/// Low, committed and end of each partition.
fn places(progress: &[Progress]) -> Vec<(i64, Option<i64>, i64)> {
    progress.iter().map(|of| (of.low, of.committed, of.end)).collect()
}

#[tokio::test]
async fn every_partition_says_how_far_the_group_has_come() {
    let (topic, group) = (TestTopic::new(3).await, unique_name());
    let watch = watch(&topic, &group);
    assert_eq!(places(&watch.progress(PAST).await.unwrap()), [(0, None, 0); 3]);

    publish(&bootstrap(), &topic, 60).await;
    let ends: Vec<i64> = (0..3)
        .map(|of| i64::try_from(topic.read_all().iter().filter(|record| record.partition == of).count()).unwrap())
        .collect();
    topic.commit(&group, &[(0, 2), (2, ends[2])]);
    topic.remove_before(0, 1).await;
    topic.remove_before(1, 3).await;
    let progress = watch.progress(PAST).await.unwrap();
    assert_eq!(places(&progress), [(1, Some(2), ends[0]), (3, None, ends[1]), (0, Some(ends[2]), ends[2])]);
    let lag: Vec<u64> = progress.iter().map(Progress::lag).collect();
    assert_eq!(lag, [ends[0] - 2, ends[1] - 3, 0].map(i64::unsigned_abs));
}

#[tokio::test]
async fn what_is_left_is_late_once_it_is_older_than_the_moment_asked_for() {
    let (topic, group) =
        (TestTopic::with_config(&bootstrap(), 1, &[("message.timestamp.type", "LogAppendTime")]).await, unique_name());
    let watch = watch(&topic, &group);
    publish(&bootstrap(), &topic, 2).await;
    let now = newest(&topic);
    let ask = async |moment| watch.progress(moment).await.unwrap()[0];
    assert_eq!((ask(PAST).await.recent, ask(PAST).await.is_late()), (0, false));
    assert_eq!((ask(now + Span::SECOND).await.recent, ask(now + Span::SECOND).await.is_late()), (2, true));
    topic.commit(&group, &[(0, 2)]);
    assert!(!ask(now + Span::SECOND).await.is_late());
}

/// When the broker took in the last record.
fn newest(topic: &TestTopic) -> OffsetDateTime {
    let consumer = member(&bootstrap(), "newest");
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(&topic.name, 0, Offset::OffsetTail(1)).unwrap();
    consumer.assign(&list).unwrap();
    let record = consumer.poll(PATIENCE).unwrap().unwrap();
    let millis = rdkafka::Message::timestamp(&record).to_millis().unwrap();
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).unwrap()
}

/// A question that joined the group would take the partitions from who consumes them.
#[tokio::test]
async fn asking_takes_no_partition_from_the_group() {
    let (topic, group) = (TestTopic::new(2).await, unique_name());
    publish(&bootstrap(), &topic, 1).await;
    let consumer = member(&bootstrap(), &group);
    consumer.subscribe(&[&topic.name]).unwrap();
    let is_assigned = || async {
        consumer.poll(Duration::from_millis(50));
        (consumer.assignment().unwrap().count() == 2).then_some(())
    };
    eventually("the member has both partitions", PATIENCE, is_assigned).await;
    let generation = || {
        let groups = consumer.fetch_group_list(Some(&group), PATIENCE).unwrap();
        let members: Vec<String> = groups.groups()[0].members().iter().map(|member| member.id().to_owned()).collect();
        (groups.groups()[0].state().to_owned(), members)
    };
    let before = generation();
    assert_eq!((before.0.as_str(), before.1.len()), ("Stable", 1));
    for _ in 0..3 {
        watch(&topic, &group).progress(PAST).await.unwrap();
        consumer.poll(Duration::ZERO);
    }
    assert_eq!(generation(), before);
}

#[tokio::test]
async fn a_topic_that_is_not_there_is_told_from_a_broker_that_is_not() {
    let name = unique_name();
    let settings = settings(&bootstrap());
    let error = GroupWatch::new(&settings, "g", &name, PATIENCE).progress(PAST).await.unwrap_err();
    assert!(matches!(&error, LagError::NoTopic(topic) if *topic == name), "{error:?}");
    // Nor is it there because somebody asked.
    let error = GroupWatch::new(&settings, "g", &name, PATIENCE).progress(PAST).await.unwrap_err();
    assert!(matches!(error, LagError::NoTopic(_)), "{error:?}");
}

/// A broker of its own, to be stopped.
#[tokio::test]
async fn a_broker_that_hangs_or_is_away_is_told_in_time_and_found_again() {
    let artifacts = testkit::artifacts();
    let directory = stack::scratch().unwrap();
    let mut broker = Broker::start(&artifacts, directory.path(), BrokerPorts::free()).await.unwrap();
    let (topic, group) = (TestTopic::on(&broker.bootstrap(), 2).await, unique_name());
    publish(&broker.bootstrap(), &topic, 10).await;
    let patience = Duration::from_secs(1);
    let watch = GroupWatch::new(&settings(&broker.bootstrap()), &group, &topic.name, patience);
    let is_found = || async { watch.progress(PAST).await.ok() };
    eventually("a broker that is new finds the group's coordinator", PATIENCE, is_found).await;

    testkit::freeze(broker.pid()).await;
    is_unreachable(&watch, patience).await;
    kill(Pid::from_raw(broker.pid()), Signal::SIGCONT).unwrap();
    eventually("the broker goes on", PATIENCE, is_found).await;

    broker.kill();
    is_unreachable(&watch, patience).await;
    is_unreachable(&watch, patience).await;
    broker.restart().await.unwrap();
    let progress = eventually("the broker is back", PATIENCE, is_found).await;
    assert_eq!(progress.iter().map(Progress::lag).sum::<u64>(), 10);
}

/// As a publisher's client, that of a watch may hear then that there is no broker.
#[tokio::test]
async fn a_broker_that_thaws_after_its_own_session_is_found_again_each_time() {
    let directory = stack::scratch().unwrap();
    let broker = Broker::start(&testkit::artifacts(), directory.path(), BrokerPorts::free()).await.unwrap();
    let topic = TestTopic::on(&broker.bootstrap(), 1).await;
    let patience = Duration::from_secs(1);
    let watch = GroupWatch::new(&settings(&broker.bootstrap()), &unique_name(), &topic.name, patience);
    for _ in 0..4 {
        let ask = || async { watch.progress(OffsetDateTime::UNIX_EPOCH).await.ok() };
        eventually("the watch finds the broker again", Duration::from_secs(20), ask).await;
        testkit::freeze(broker.pid()).await;
        for _ in 0..3 {
            is_unreachable(&watch, patience).await;
        }
        kill(Pid::from_raw(broker.pid()), Signal::SIGCONT).unwrap();
    }
}

async fn is_unreachable(watch: &GroupWatch, patience: Duration) {
    let began = Instant::now();
    let error = watch.progress(PAST).await.unwrap_err();
    assert!(matches!(error, LagError::Unreachable(_)), "{error:?}");
    assert!(began.elapsed() < patience * 3 / 2, "{:?}", began.elapsed());
}
