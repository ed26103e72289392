use testkit::TestTopic;

use crate::lambda::{Answer, Lambda};
use crate::program::{Program, template};
use crate::support::{Source, committed, config, numbered, produce, wait_until_committed};

/// A topic of which one partition is empty, with 25 records that the mapping's group has delivered.
async fn delivered(lambda: &Lambda) -> TestTopic {
    let topic = TestTopic::new(2).await;
    produce(&topic.name, 0, numbered(0..25)).await;
    let source = Source::start(config(&topic, lambda));
    wait_until_committed(&topic.name, &[Some(25), None]).await;
    source.stop().await;
    topic
}

fn assert_delivered_twice(topic: &TestTopic, lambda: &Lambda) {
    assert_eq!(lambda.succeeded()[&0], (0..25).chain(0..25).collect::<Vec<i64>>());
    assert_eq!(committed(&testkit::bootstrap(), &topic.name, 2), [Some(25), None], "the mapping's group was moved");
}

#[tokio::test]
async fn a_replay_delivers_what_there_is_once_more_and_leaves_the_mappings_group_where_it_is() {
    let lambda = Lambda::start(|_| Answer::Success).await;
    let topic = delivered(&lambda).await;
    let again = format!("{}.again", topic.name);
    assert_eq!(event_source::replay(config(&topic, &lambda), &again).await.unwrap(), 25);
    assert_delivered_twice(&topic, &lambda);
}

#[tokio::test]
async fn a_topic_without_records_is_replayed_at_once() {
    let lambda = Lambda::start(|_| Answer::Success).await;
    let topic = TestTopic::new(1).await;
    let again = format!("{}.again", topic.name);
    assert_eq!(event_source::replay(config(&topic, &lambda), &again).await.unwrap(), 0);
    assert!(lambda.calls().is_empty());
}

#[tokio::test]
async fn the_program_replays_a_function_and_ends_and_refuses_one_that_has_no_mapping() {
    let lambda = Lambda::start(|_| Answer::Success).await;
    let topic = delivered(&lambda).await;
    let run = |function| {
        Program::start_at(&testkit::bootstrap(), &template(&topic.name), &lambda.endpoint, &["--replay", function])
    };
    for (function, is_there) in [("consumer", true), ("nobody", false)] {
        let mut program = run(function);
        let (ended, program) = tokio::task::spawn_blocking(move || (program.wait(), program)).await.unwrap();
        assert_eq!(ended.success(), is_there, "{}", program.log());
        assert_eq!(
            program.said(&format!("consumer got all of {} once more: 25 records", topic.name)),
            usize::from(is_there)
        );
    }
    assert_delivered_twice(&topic, &lambda);
}
