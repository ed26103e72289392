//! Several mappings in one process: two topics of one function, and one topic of two functions in a group each.

use std::time::Duration;

use event_source::{Backoff, Sources};
use nix::sys::signal::Signal;
use template::Template;
use testkit::TestTopic;
use tokio::sync::watch;

use crate::lambda::{Answer, Call, Lambda};
use crate::program::{Program, template_of};
use crate::support::{PATIENCE, committed_by, numbered, produce, wait_for};

/// Topics `a` and `b` of `consumer`, and `a` of `other` as well.
struct World {
    a: TestTopic,
    b: TestTopic,
    other: String,
}

impl World {
    async fn new(records: usize) -> Self {
        let (a, b) = (TestTopic::new(1).await, TestTopic::new(1).await);
        produce(&a.name, 0, numbered(0..records)).await;
        produce(&b.name, 0, numbered(0..records)).await;
        let other = format!("{}.other", a.name);
        Self { a, b, other }
    }

    fn template(&self) -> String {
        let (a, b) = (self.a.name.as_str(), self.b.name.as_str());
        template_of(&[("consumer", &[(a, a), (b, b)]), ("other", &[(a, &self.other)])], 10)
    }

    fn sources(&self, lambda: &Lambda) -> Sources {
        let template = Template::parse(&self.template()).unwrap();
        let mut sources = Sources::of(&template, &testkit::bootstrap(), &lambda.endpoint).unwrap();
        let backoff = Backoff { first: Duration::from_millis(100), cap: Duration::from_millis(800) };
        sources.mappings.iter_mut().for_each(|mapping| mapping.backoff = backoff);
        sources
    }

    /// What is committed by the mappings: `a` of `consumer`, `b` of `consumer`, `a` of `other`.
    fn committed(&self) -> [Option<i64>; 3] {
        let (a, b, other) = (&self.a.name, &self.b.name, &self.other);
        [(a, a), (b, b), (other, a)].map(|(group, topic)| committed_by(&testkit::bootstrap(), group, topic, 1)[0])
    }

    async fn wait_until_committed(&self, expected: [Option<i64>; 3]) {
        wait_for(&format!("{expected:?} is committed"), || self.committed() == expected).await;
    }

    /// Whether it is for the first mapping.
    fn is_first(topic: &str) -> impl Fn(&Call) -> bool + Send + Sync + 'static {
        let topic = topic.to_owned();
        move |call| call.function == "consumer" && call.topic() == topic
    }
}

/// A set of sources that runs in the test.
struct Running {
    stop: watch::Sender<bool>,
    tasks: tokio::task::JoinSet<anyhow::Result<()>>,
}

impl Running {
    fn start(sources: Sources) -> Self {
        let (stop, stopped) = watch::channel(false);
        Self { stop, tasks: sources.start(&stopped) }
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        let ended = tokio::time::timeout(PATIENCE, self.tasks.join_all()).await.expect("they stop");
        ended.into_iter().for_each(Result::unwrap);
    }
}

/// Runs all while the first mapping is answered with `trouble`, until the others are done; then what `mend` does lets it
/// go on.
async fn the_others_finish(trouble: Answer, mended: &watch::Sender<bool>) {
    let world = World::new(25).await;
    let (is_first, is_mended) = (World::is_first(&world.a.name), mended.subscribe());
    let lambda =
        Lambda::answering(
            move |call| {
                if is_first(call) && !*is_mended.borrow() { trouble.clone() } else { Answer::Success }
            },
        )
        .await;
    let running = Running::start(world.sources(&lambda));
    world.wait_until_committed([None, Some(25), Some(25)]).await;
    let is_first = World::is_first(&world.a.name);
    wait_for("the first mapping's trouble", || lambda.calls().iter().any(&is_first)).await;
    assert!(lambda.succeeded_where(&is_first).is_empty());
    mended.send_replace(true);
    world.wait_until_committed([Some(25); 3]).await;
    running.stop().await;
    assert_eq!(lambda.succeeded_where(is_first)[&0], (0..25).collect::<Vec<i64>>());
}

#[tokio::test]
async fn a_failing_mapping_holds_up_neither_another_of_its_function_nor_another_group_of_its_topic() {
    let mended = watch::Sender::new(false);
    the_others_finish(Answer::FunctionError, &mended).await;
}

#[tokio::test]
async fn an_invocation_that_hangs_holds_up_neither_another_of_its_function_nor_another_group_of_its_topic() {
    let mended = watch::Sender::new(false);
    the_others_finish(Answer::SuccessWhen(mended.subscribe()), &mended).await;
}

#[tokio::test]
async fn each_group_of_a_topic_has_a_place_of_its_own_over_a_restart() {
    let world = World::new(15).await;
    let is_first = World::is_first(&world.a.name);
    let broken =
        Lambda::answering(move |call| if is_first(call) { Answer::InternalError } else { Answer::Success }).await;
    let running = Running::start(world.sources(&broken));
    world.wait_until_committed([None, Some(15), Some(15)]).await;
    running.stop().await;
    let lambda = Lambda::answering(|_| Answer::Success).await;
    produce(&world.a.name, 0, numbered(15..20)).await;
    let running = Running::start(world.sources(&lambda));
    world.wait_until_committed([Some(20), Some(15), Some(20)]).await;
    running.stop().await;
    let seen = lambda.succeeded_where(World::is_first(&world.a.name));
    assert_eq!(seen[&0], (0..20).collect::<Vec<i64>>());
    let seen = lambda.succeeded_where(|call| call.function == "other");
    assert_eq!(seen[&0], (15..20).collect::<Vec<i64>>(), "another group's place moved it");
    assert!(lambda.calls().iter().all(|call| call.topic() == world.a.name), "what was done is delivered again");
}

#[tokio::test]
async fn a_stop_lets_the_invocations_of_every_mapping_finish_and_commits_them() {
    let (world, gate) = (World::new(25).await, watch::Sender::new(false));
    let opens = gate.subscribe();
    let lambda = Lambda::answering(move |_| Answer::SuccessWhen(opens.clone())).await;
    let mut program = Program::start(&world.template(), &lambda.endpoint);
    wait_for("an invocation of each", || lambda.calls().len() == 3).await;
    program.signal(Signal::SIGTERM);
    wait_for("the program hears of it", || program.said("Stopping") == 1).await;
    assert_eq!(world.committed(), [None; 3]);
    gate.send_replace(true);
    let ended = tokio::task::spawn_blocking(move || program.wait()).await.unwrap();
    assert!(ended.success());
    assert_eq!(world.committed(), [Some(10); 3]);
    assert_eq!(lambda.calls().len(), 3, "a new batch was begun after the stop");
}
