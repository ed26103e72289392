//! Two event sources in one group, one of them frozen for longer than its session, as a machine that sleeps would be.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use nix::sys::signal::Signal;
use testkit::TestTopic;
use tokio::sync::watch;

use crate::lambda::{Answer, Call, Lambda};
use crate::program::{Program, template};
use crate::support::{assert_complete_and_in_order, committed, numbered, produce, wait_for, wait_until_committed};

const PARTITIONS: i32 = 4;
/// Batches of the first member that succeed before the one in which it is frozen.
const BEFORE: usize = 3;

/// Both members at work, the first of them frozen in the middle of an invocation, the second one on its way to the end.
struct World {
    topic: TestTopic,
    lambda: Lambda,
    one: Program,
    two: Program,
    /// Lets the invocation end in which the first one is frozen.
    gate: watch::Sender<bool>,
    /// What was committed when it was frozen.
    committed: Vec<i64>,
}

impl World {
    async fn frozen() -> Self {
        let (topic, gate) = (TestTopic::new(PARTITIONS).await, watch::Sender::new(false));
        let (opens, calls) = (gate.subscribe(), AtomicUsize::new(0));
        let lambda = Lambda::answering(move |call| {
            let is_frozen = is_by("one")(call) && calls.fetch_add(1, Ordering::SeqCst) == BEFORE;
            if is_frozen { Answer::SuccessWhen(opens.clone()) } else { Answer::Success }
        })
        .await;
        let program = |name| Program::start(&template(&topic.name), &lambda.endpoint_of(name));
        let (one, two) = (program("one"), program("two"));
        wait_for("both have partitions", || [&one, &two].iter().all(|one| got(one).is_some_and(|got| got == 2))).await;
        produce_to_all(&topic, 0..40).await;
        wait_for("the invocation to freeze in", || lambda.calls_by("one").len() == BEFORE + 1).await;
        one.signal(Signal::SIGSTOP);
        let all = committed(&testkit::bootstrap(), &topic.name, PARTITIONS);
        let committed = all.into_iter().map(Option::unwrap_or_default).collect();
        Self { topic, lambda, one, two, gate, committed }
    }

    /// The partitions that the frozen one had.
    fn partitions(&self) -> Vec<i64> {
        let mut partitions: Vec<i64> = self.frozen_call().places().iter().map(|(partition, _)| *partition).collect();
        partitions.dedup();
        partitions
    }

    fn frozen_call(&self) -> Call {
        self.lambda.calls_by("one").swap_remove(BEFORE)
    }

    /// That nothing is delivered any more that was committed when there were so many invocations.
    fn assert_nothing_before(&self, calls: usize, offset: i64) {
        for call in &self.lambda.calls()[calls..] {
            assert!(call.places().iter().all(|place| place.1 >= offset), "committed back to {:?}", call.places());
        }
    }
}

fn is_by(caller: &str) -> impl Fn(&Call) -> bool {
    move |call| call.caller.as_deref() == Some(caller)
}

/// How many partitions a program got last.
fn got(program: &Program) -> Option<usize> {
    let log = program.log();
    let line = log.lines().rfind(|line| line.contains("Got partitions"))?;
    let list = line.split_once("partitions=[")?.1.split_once(']')?.0;
    Some(list.split(',').filter(|number| !number.is_empty()).count())
}

async fn produce_to_all(topic: &TestTopic, numbers: std::ops::Range<usize>) {
    for partition in 0..PARTITIONS {
        produce(&topic.name, partition, numbered(numbers.clone())).await;
    }
}

#[tokio::test]
async fn a_frozen_member_is_taken_over_from_what_it_committed_and_goes_on_as_a_member_when_it_thaws() {
    let mut world = World::frozen().await;
    wait_until_committed(&world.topic.name, &[Some(40); 4]).await;
    let mut taken: BTreeMap<i64, i64> = BTreeMap::new();
    for (partition, offset) in world.lambda.calls_by("two").iter().flat_map(Call::places) {
        taken.entry(partition).or_insert(offset);
    }
    for partition in world.partitions() {
        let committed = world.committed[usize::try_from(partition).unwrap()];
        assert_eq!(taken[&partition], committed, "partition {partition} was not taken over where it was");
    }

    // Its function ends while it is frozen, so that the first thing it does is to commit.
    world.gate.send_replace(true);
    wait_for("the function ends", || world.lambda.succeeded_where(is_by("one")).values().flatten().count() > 0).await;
    let (calls, assignments) = (world.lambda.calls().len(), world.one.said("Got partitions"));
    world.one.signal(Signal::SIGCONT);
    wait_for("it is a member again", || world.one.said("Got partitions") > assignments && got(&world.one) == Some(2))
        .await;
    assert_eq!(committed(&testkit::bootstrap(), &world.topic.name, PARTITIONS), [Some(40); 4]);
    produce_to_all(&world.topic, 40..60).await;
    wait_until_committed(&world.topic.name, &[Some(60); 4]).await;
    assert!(world.lambda.calls()[calls..].iter().any(is_by("one")), "the thawed one gets nothing");
    world.assert_nothing_before(calls, 40);
    assert!(world.one.end(Signal::SIGTERM).success());
    assert!(world.two.end(Signal::SIGTERM).success());
    assert_complete_and_in_order(&world.lambda.succeeded(), &[60; 4]);
}

#[tokio::test]
async fn a_thawed_member_commits_nothing_over_one_that_took_over_and_has_left() {
    let mut world = World::frozen().await;
    wait_until_committed(&world.topic.name, &[Some(40); 4]).await;
    assert!(world.two.end(Signal::SIGTERM).success());
    let (calls, assignments) = (world.lambda.calls().len(), world.one.said("Got partitions"));
    world.one.signal(Signal::SIGCONT);
    // Its heartbeats come each second: it hears that it is no member while its function still runs, of a group that has
    // no members at all.
    tokio::time::sleep(Duration::from_secs(3)).await;
    world.gate.send_replace(true);
    wait_for("it is a member again", || world.one.said("Got partitions") > assignments).await;
    assert_eq!(committed(&testkit::bootstrap(), &world.topic.name, PARTITIONS), [Some(40); 4]);
    produce_to_all(&world.topic, 40..50).await;
    wait_until_committed(&world.topic.name, &[Some(50); 4]).await;
    world.assert_nothing_before(calls, 40);
    assert!(world.one.end(Signal::SIGTERM).success());
    assert_complete_and_in_order(&world.lambda.succeeded(), &[50; 4]);
}
