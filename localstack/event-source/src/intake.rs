//! What comes from Kafka, in the order in which it is delivered.
//!
//! The consumer is polled while a batch is collected, while a failed one waits, and while a commit is acknowledged,
//! and never while an invocation runs. A rebalance is served only in a poll, so a member gives its partitions back
//! either before an invocation or after its commit was sent: no batch is committed by a member that has lost it, and
//! no two members run one partition.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::Config;
use crate::commits::{Acknowledgement, Committer};
use crate::config::PAYLOAD_LIMIT;
use crate::group::{Consumer, consumer, on_a_thread};
use crate::progress::Progress;
use crate::record::Record;
use crate::status::Reporter;

/// This member's partitions: the records that come from them, and the offsets that are done.
pub(crate) struct Intake {
    config: Config,
    topic: String,
    /// How long Kafka is waited for where something goes on without it.
    patience: Duration,
    consumer: Arc<Consumer>,
    committer: Committer,
    reporter: Option<Reporter>,
    progress: Arc<Progress>,
    /// The assignment that the fields below belong to.
    generation: u64,
    /// Records that were received and belong to the next batch.
    waiting: VecDeque<Record>,
    /// Partitions that are stopped at a record too large for any payload.
    refused: BTreeSet<i32>,
    /// Offsets that are done and whose commit is not acknowledged.
    uncommitted: BTreeMap<i32, i64>,
    /// Whether a commit is sent and not acknowledged: there is one at a time.
    is_committing: bool,
    /// Whether the last acknowledgement was a refusal, so that the commit is to be sent again.
    commit_failed: bool,
}

impl Intake {
    /// Joins the group.
    pub(crate) fn join(config: &Config, progress: &Arc<Progress>) -> anyhow::Result<Self> {
        Self::join_after(config, progress, 0)
    }

    /// Joins the group, with assignments that are counted from `generation` on.
    fn join_after(config: &Config, progress: &Arc<Progress>, generation: u64) -> anyhow::Result<Self> {
        let topic = config.mapping.topic.clone();
        let consumer = Arc::new(consumer(config, generation).context("cannot make a Kafka consumer")?);
        consumer.subscribe(&[&topic]).context("cannot subscribe")?;
        Ok(Self {
            patience: config.session_timeout,
            committer: Committer::start(Arc::clone(&consumer), topic.clone()),
            reporter: Reporter::start(config, &consumer, progress),
            progress: Arc::clone(progress),
            config: config.clone(),
            topic,
            consumer,
            generation,
            waiting: VecDeque::new(),
            refused: BTreeSet::new(),
            uncommitted: BTreeMap::new(),
            is_committing: false,
            commit_failed: false,
        })
    }

    /// The number of the assignment that records come from. After a poll it may be another, and what was received
    /// before is no longer this member's.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether the group has gone on without this member, as after a freeze: what it holds is another's now. What was
    /// fetched before still comes ahead of the rebalance that says so.
    pub(crate) fn is_lost(&self) -> bool {
        self.consumer.assignment_lost()
    }

    /// The next record that waits, else the next one from Kafka. May be dropped and called again.
    pub(crate) async fn receive(&mut self) -> anyhow::Result<Record> {
        // The acknowledgement of a commit may have come ahead of a rebalance that the same poll served.
        self.notice_rebalance();
        match self.waiting.pop_front() {
            Some(record) if !self.is_lost() => Ok(record),
            _ => self.poll().await,
        }
    }

    /// Puts a record back, to be received next.
    pub(crate) fn put_back(&mut self, record: Record) {
        self.waiting.push_front(record);
    }

    /// The next record from Kafka. May be dropped and called again.
    async fn poll(&mut self) -> anyhow::Result<Record> {
        loop {
            if let Some(record) = self.step().await? {
                return Ok(record);
            }
        }
    }

    /// Serves one thing that comes from Kafka, which may be a record. May be dropped and called again.
    async fn step(&mut self) -> anyhow::Result<Option<Record>> {
        const AGAIN: Duration = Duration::from_secs(1);
        let received = tokio::select! {
            biased;
            acknowledgement = self.committer.acknowledgement() => {
                self.settle(acknowledgement);
                return Ok(None);
            }
            received = self.consumer.recv() => received.map(|message| Record::of(&message)),
            () = self.consumer.context().stranded() => {
                self.join_anew()?;
                return Ok(None);
            }
            () = sleep(AGAIN), if self.commit_failed => {
                self.notice_rebalance();
                self.send_commit();
                return Ok(None);
            }
        };
        self.notice_rebalance();
        match received {
            Ok(record) => {
                Ok(Some(record).filter(|record| !self.is_lost() && !self.refused.contains(&record.partition)))
            }
            Err(error @ KafkaError::MessageConsumptionFatal(_)) => {
                Err(error).context("the Kafka consumer can not go on: start again")
            }
            Err(error) => {
                self.consumer.context().trouble(&error);
                sleep(Duration::from_millis(50)).await;
                Ok(None)
            }
        }
    }

    /// Joins with a new client; what belongs to the one before is forgotten as after a rebalance.
    fn join_anew(&mut self) -> anyhow::Result<()> {
        tracing::warn!(
            mapping = self.config.mapping.logical_id,
            "The client knows no broker any more; another one joins the group"
        );
        let generation = self.consumer.context().generation() + 1;
        let anew = Self::join_after(&self.config, &self.progress, generation)?;
        self.progress.stop(&anew.refused);
        tokio::spawn(std::mem::replace(self, anew).leave());
        Ok(())
    }

    /// After a rebalance, forgets what belongs to the assignment before: its owner reads it from the committed offset.
    pub(crate) fn notice_rebalance(&mut self) {
        let generation = self.consumer.context().generation();
        if generation != self.generation {
            self.generation = generation;
            self.waiting.clear();
            self.refused.clear();
            self.progress.stop(&self.refused);
            self.uncommitted.clear();
            self.commit_failed = false;
        }
    }

    /// Stops the partition at a record that fits into no payload: to skip it would lose it.
    pub(crate) fn refuse(&mut self, record: &Record) {
        let Record { partition, offset, json } = record;
        let (topic, bytes) = (&self.topic, json.len());
        tracing::error!(
            topic,
            partition,
            offset,
            bytes,
            limit = PAYLOAD_LIMIT,
            "A record is too large for any invocation: its partition stops here until the record is gone"
        );
        self.refused.insert(*partition);
        self.progress.stop(&self.refused);
        self.waiting.retain(|waiting| waiting.partition != *partition);
        if let Err(error) = self.consumer.pause(&self.partitions([*partition])) {
            tracing::warn!(%error, partition, "Cannot pause a partition");
        }
    }

    /// Waits without taking records, as a live member of the group; false when a rebalance came in between.
    pub(crate) async fn wait(&mut self, time: Duration) -> anyhow::Result<bool> {
        let generation = self.generation;
        let until = Instant::now() + time;
        let paused = self.partitions(self.consumer.context().partitions());
        self.consumer.pause(&paused).context("cannot pause")?;
        while let Ok(record) = timeout_at(until, self.poll()).await {
            self.waiting.push_back(record?);
            if self.generation != generation {
                return Ok(false);
            }
        }
        self.notice_rebalance();
        if self.generation != generation {
            return Ok(false);
        }
        let open =
            self.consumer.context().partitions().into_iter().filter(|partition| !self.refused.contains(partition));
        self.consumer.resume(&self.partitions(open)).context("cannot resume")?;
        Ok(true)
    }

    /// Commits what is done and waits for the acknowledgement. One that does not come in time is not waited for: after
    /// a rebalance or a restart the batch is delivered again.
    pub(crate) async fn commit(&mut self, ends: impl IntoIterator<Item = (i32, i64)>) -> anyhow::Result<()> {
        self.uncommitted.extend(ends);
        self.send_commit();
        let until = Instant::now() + self.patience;
        while !self.uncommitted.is_empty() && !self.commit_failed {
            let Ok(record) = timeout_at(until, self.step()).await else {
                tracing::warn!("A commit is not acknowledged; going on, the batch may be delivered again");
                break;
            };
            self.waiting.extend(record?);
        }
        Ok(())
    }

    /// Sends what is done, unless the group goes on without this member, and would refuse it at best.
    fn send_commit(&mut self) {
        if self.is_committing || self.uncommitted.is_empty() {
            return;
        }
        self.commit_failed = false;
        if self.is_lost() {
            tracing::info!("The group goes on without this member: what it has done may be delivered again");
            self.uncommitted.clear();
            return;
        }
        self.is_committing = true;
        self.committer.send(self.uncommitted.iter().map(|(partition, offset)| (*partition, *offset)).collect());
    }

    fn settle(&mut self, acknowledgement: Acknowledgement) {
        self.is_committing = false;
        // What is of an assignment before is not sent under the next one.
        self.notice_rebalance();
        match acknowledgement {
            Ok(offsets) => {
                self.uncommitted.retain(|partition, offset| !offsets.contains(&(*partition, *offset)));
                self.send_commit();
            }
            Err(error) => {
                tracing::warn!(%error, "Cannot commit; the batch may be delivered again");
                self.commit_failed = !self.uncommitted.is_empty();
            }
        }
    }

    /// Leaves the group. Without Kafka the client library may wait for ever, so it is left behind then.
    pub(crate) async fn leave(self) {
        let Self { consumer, committer, reporter, patience, .. } = self;
        let leave = on_a_thread(move || {
            reporter.into_iter().for_each(Reporter::join);
            committer.join();
            drop(consumer);
        });
        if timeout(patience, leave).await.is_err() {
            tracing::warn!("Kafka does not take the leave: the group gives the partitions on after the session's end");
        }
    }

    fn partitions(&self, numbers: impl IntoIterator<Item = i32>) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        for number in numbers {
            list.add_partition(&self.topic, number);
        }
        list
    }
}
