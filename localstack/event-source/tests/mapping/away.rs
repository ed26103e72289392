//! A broker that is away for longer than a session: its group has given the partitions up, and each member has them again when it is back.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use stack::kafka::{Broker, BrokerPorts};
use testkit::TestTopic;
use tokio::sync::watch;

use crate::lambda::{Answer, Lambda};
use crate::program::{Program, template_of};
use crate::support::{assert_complete_and_in_order, committed, numbered, produce_at, wait_for};

const MAPPINGS: usize = 2;

/// Two mappings of a broker of their own, each with all partitions of its topic.
struct World {
    /// Deleted while there is a broker.
    topics: Vec<TestTopic>,
    program: Program,
    lambda: Lambda,
    /// While it is false, invocations do not end.
    gate: watch::Sender<bool>,
    broker: Broker,
    _folder: tempfile::TempDir,
}

impl World {
    async fn start() -> Self {
        let folder = stack::scratch().unwrap();
        let broker = Broker::start(&testkit::artifacts(), folder.path(), BrokerPorts::free()).await.unwrap();
        let (gate, bootstrap) = (watch::Sender::new(true), broker.bootstrap());
        let opens = gate.subscribe();
        let lambda = Lambda::answering(move |_| Answer::SuccessWhen(opens.clone())).await;
        let mut topics = Vec::new();
        for _ in 0..MAPPINGS {
            topics.push(TestTopic::on(&bootstrap, 2).await);
        }
        let mappings: Vec<(&str, &str)> = topics.iter().map(|topic| (&*topic.name, &*topic.name)).collect();
        let template = template_of(&[("consumer", &mappings)], 10);
        let program = Program::start_at(&bootstrap, &template, &lambda.endpoint, &[]);
        let world = Self { topics, program, lambda, gate, broker, _folder: folder };
        world.until_got(1).await;
        world
    }

    async fn produce(&self, numbers: std::ops::Range<usize>) {
        for topic in &self.topics {
            for partition in 0..2 {
                produce_at(&self.broker.bootstrap(), &topic.name, partition, numbered(numbers.clone())).await;
            }
        }
    }

    async fn until_committed(&self, offset: i64) {
        let bootstrap = self.broker.bootstrap();
        let is_committed = |topic: &TestTopic| committed(&bootstrap, &topic.name, 2) == [Some(offset); 2];
        wait_for(&format!("{offset} is committed everywhere"), || self.topics.iter().all(is_committed)).await;
    }

    /// Waits until every mapping has lost its partitions for the given time.
    async fn until_lost(&self, times: usize) {
        let all = times * MAPPINGS;
        wait_for("all sessions are over", || self.program.said("Gave partitions back") == all).await;
    }

    /// Waits until every mapping has got partitions so often.
    async fn until_got(&self, times: usize) {
        wait_for("all have partitions", || self.program.said("Got partitions") >= times * MAPPINGS).await;
    }

    /// Every record was delivered of every topic, and the program ends as it should.
    fn assert_complete(mut self, end: i64) {
        for topic in &self.topics {
            let of_topic = self.lambda.succeeded_where(|call| call.topic() == topic.name);
            assert_complete_and_in_order(&of_topic, &[end; 2]);
        }
        assert!(self.program.end(Signal::SIGTERM).success());
    }
}

#[tokio::test]
async fn members_whose_broker_hangs_for_longer_than_a_session_get_their_partitions_again() {
    let world = World::start().await;
    world.produce(0..5).await;
    world.until_committed(5).await;
    for times in 1..=2 {
        testkit::freeze(world.broker.pid()).await;
        world.until_lost(times).await;
        kill(Pid::from_raw(world.broker.pid()), Signal::SIGCONT).unwrap();
        // A broker that has just thawed may say that the cluster has none, and this client forgets it then.
        world.until_got(times + 1).await;
        let records = 5 * times;
        world.produce(records..records + 5).await;
        world.until_committed(i64::try_from(records).unwrap() + 5).await;
    }
    world.assert_complete(15);
}

#[tokio::test]
async fn members_whose_broker_is_gone_for_longer_than_a_session_while_they_commit_get_their_partitions_again() {
    let mut world = World::start().await;
    for times in 1..=2 {
        world.gate.send_replace(false);
        let (calls, records) = (world.lambda.calls().len(), 15 * (times - 1));
        world.produce(records..records + 15).await;
        wait_for("invocations that are under way", || world.lambda.calls().len() == calls + MAPPINGS).await;
        world.broker.kill();
        world.gate.send_replace(true);
        world.until_lost(times).await;
        world.broker.restart().await.unwrap();
        world.until_committed(i64::try_from(records).unwrap() + 15).await;
    }
    world.assert_complete(30);
}
