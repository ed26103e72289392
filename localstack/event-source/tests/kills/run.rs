//! One run: programs that are killed, the last one that is not, and what holds whenever none runs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use nix::sys::signal::Signal;
use testkit::TestTopic;
use tokio::time::{Instant, sleep};

use crate::lambda::{Answer, Call, Lambda};
use crate::plan::{Kill, Run};
use crate::program::{Program, template_of};
use crate::support::{PATIENCE, assert_complete_and_in_order, committed, numbered, produce};

struct World {
    run: Run,
    topic: TestTopic,
    lambda: Lambda,
    starts: usize,
}

/// Runs it to its end. Panics where something does not hold.
pub async fn run(run: Run) {
    let topic = TestTopic::new(i32::try_from(run.records.len()).unwrap()).await;
    let replies = run.replies.clone();
    let answer = move |call: &Call| replies.get(call.index).map_or(Answer::Success, |reply| reply.answer());
    let mut world = World { run, topic, lambda: Lambda::answering(answer).await, starts: 0 };
    world.produce(0).await;
    for (number, kill) in world.run.kills.clone().into_iter().enumerate() {
        let from = world.committed().await;
        let mut program = world.start();
        world.wait_until(kill).await;
        program.end(Signal::SIGKILL);
        world.check(&from).await;
        if number == 0 {
            world.produce(1).await;
        }
    }
    world.finish().await;
}

impl World {
    async fn produce(&self, time: usize) {
        for (partition, records) in (0..).zip(&self.run.records) {
            let first = if time == 0 { 0 } else { records[0] };
            produce(&self.topic.name, partition, numbered(first..first + records[time])).await;
        }
    }

    /// Starts a program whose calls bear the number of its start.
    fn start(&mut self) -> Program {
        self.starts += 1;
        let name = self.topic.name.as_str();
        let template = template_of(&[("consumer", &[(name, name)])], self.run.batch_size);
        Program::start(&template, &self.lambda.endpoint_of(&self.starts.to_string()))
    }

    fn calls(&self) -> Vec<Call> {
        self.lambda.calls_by(&self.starts.to_string())
    }

    /// Waits for the moment of a kill, which comes at the latest when nothing is left to deliver.
    async fn wait_until(&self, kill: Kill) {
        let finished = self.lambda.finished();
        let ms = match kill {
            Kill::Started(ms) => ms,
            Kill::Invoked(calls, ms) => {
                self.wait_for(|| self.calls().len() >= calls).await;
                ms
            }
            Kill::Answered(calls, ms) => {
                self.wait_for(|| self.lambda.finished() >= finished + calls).await;
                ms
            }
        };
        sleep(Duration::from_millis(ms)).await;
    }

    /// Looks often, because a kill is to come within a millisecond.
    async fn wait_for(&self, condition: impl Fn() -> bool) {
        let until = Instant::now() + PATIENCE;
        while !condition() && !self.is_delivered() {
            assert!(Instant::now() < until, "nothing is delivered any more: {:?}", self.run);
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// Whether all records that there are were delivered with success.
    fn is_delivered(&self) -> bool {
        let last = usize::from(self.starts > 1);
        let seen = self.lambda.succeeded();
        (0_i64..).zip(&self.run.records).all(|(partition, records)| {
            let offsets: BTreeSet<_> = seen.get(&partition).into_iter().flatten().collect();
            offsets.len() == records[..=last].iter().sum::<usize>()
        })
    }

    async fn committed(&self) -> Vec<i64> {
        let (name, partitions) = (self.topic.name.clone(), i32::try_from(self.run.records.len()).unwrap());
        let known = tokio::task::spawn_blocking(move || committed(&testkit::bootstrap(), &name, partitions));
        known.await.unwrap().into_iter().map(Option::unwrap_or_default).collect()
    }

    /// What holds after a program that began `from` these offsets: it delivered each partition from there on, and only
    /// what has succeeded is committed, which is never less than before.
    async fn check(&self, from: &[i64]) {
        let mut first = BTreeMap::new();
        for (partition, offset) in self.calls().iter().flat_map(Call::places) {
            first.entry(partition).or_insert(offset);
        }
        let seen = self.lambda.succeeded();
        let now = self.committed().await;
        for ((partition, from), now) in (0_i64..).zip(from).zip(now) {
            let first = first.get(&partition).unwrap_or(from);
            assert_eq!(first, from, "partition {partition} began elsewhere than at what is committed");
            assert!(now >= *from, "partition {partition} went back from {from} to {now}");
            let seen: BTreeSet<_> = seen.get(&partition).into_iter().flatten().copied().collect();
            let missing = (0..now).find(|offset| !seen.contains(offset));
            assert_eq!(missing, None, "partition {partition} is committed up to {now}, and this did not succeed");
        }
    }

    /// The last program delivers the rest, commits it and ends in order.
    async fn finish(mut self) {
        let ends: Vec<i64> =
            self.run.records.iter().map(|records| i64::try_from(records.iter().sum::<usize>()).unwrap()).collect();
        let from = self.committed().await;
        let mut program = self.start();
        let until = Instant::now() + PATIENCE;
        while self.committed().await != ends {
            assert!(Instant::now() < until, "not all of {ends:?} is committed:\n{}", program.log());
            sleep(Duration::from_millis(200)).await;
        }
        program.signal(Signal::SIGTERM);
        let ended = tokio::task::spawn_blocking(move || program.wait()).await.unwrap();
        assert!(ended.success());
        self.check(&from).await;
        assert_complete_and_in_order(&self.lambda.succeeded(), &ends);
    }
}
