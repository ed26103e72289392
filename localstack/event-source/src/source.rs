//! The loop of one mapping: collect a batch, invoke, commit.
//!
//! The consumer is polled while a batch is collected, while a failed one waits, and while a commit is acknowledged,
//! and never while an invocation runs. A rebalance is served only in a poll, so a member gives its partitions back
//! either before an invocation or after its commit was sent: no batch is committed by a member that has lost it, and
//! no two members run one partition.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError;
use reqwest::Request;
use template::StartingPosition;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::Config;
use crate::batch::{Batch, Push};
use crate::commits::{Acknowledgement, Committer};
use crate::config::PAYLOAD_LIMIT;
use crate::group::{Consumer, consumer, on_a_thread};
use crate::invoke::Invoker;
use crate::record::Record;
use crate::start::commit_latest;

/// The local event source mapping: see [`EventSource::run`].
pub struct EventSource;

impl EventSource {
    /// Carries records of the mapping's topic to its function until `stop` is true, or its sender is gone. Then the
    /// batch in flight is finished and committed, and the group is left.
    ///
    /// # Errors
    /// The consumer cannot be made, or can never work again. Whatever may pass is tried for ever instead.
    pub async fn run(config: Config, mut stop: watch::Receiver<bool>) -> anyhow::Result<()> {
        if config.mapping.starting_position == StartingPosition::Latest && !start_at_latest(&config, &mut stop).await {
            return Ok(());
        }
        let consumer = Arc::new(consumer(&config).context("cannot make a Kafka consumer")?);
        consumer.subscribe(&[&config.mapping.topic]).context("cannot subscribe")?;
        let mut source = Source {
            invoker: Invoker::new(&config)?,
            committer: Committer::start(Arc::clone(&consumer), config.mapping.topic.clone()),
            config,
            consumer,
            generation: 0,
            waiting: VecDeque::new(),
            refused: BTreeSet::new(),
            uncommitted: BTreeMap::new(),
            is_committing: false,
            commit_failed: false,
        };
        let result = source.run(&mut stop).await;
        source.leave().await;
        result
    }
}

/// Waits until the starting position is committed; false when it is time to stop first.
async fn start_at_latest(config: &Config, stop: &mut watch::Receiver<bool>) -> bool {
    loop {
        let attempt = on_a_thread({
            let config = config.clone();
            move || commit_latest(&config)
        });
        tokio::select! {
            done = attempt => match done {
                Some(Ok(())) => return true,
                Some(Err(error)) => tracing::warn!(%error, "Cannot find the end of the topic; trying on"),
                None => tracing::error!("Cannot find the end of the topic; trying on"),
            },
            () = stopped(stop) => return false,
        }
        if timeout(Duration::from_secs(1), stopped(stop)).await.is_ok() {
            return false;
        }
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop as well.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// What became of a batch.
#[derive(Debug, PartialEq, Eq)]
enum Delivery {
    Done,
    /// The partitions went through a rebalance, and whoever owns them now starts from the committed offsets.
    Lost,
    Stopped,
}

struct Source {
    config: Config,
    invoker: Invoker,
    consumer: Arc<Consumer>,
    committer: Committer,
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

impl Source {
    async fn run(&mut self, stop: &mut watch::Receiver<bool>) -> anyhow::Result<()> {
        loop {
            let batch = tokio::select! {
                biased;
                () = stopped(stop) => return Ok(()),
                batch = self.collect() => batch?,
            };
            if self.deliver(&batch, stop).await? == Delivery::Stopped {
                return Ok(());
            }
        }
    }

    /// Collects until the batch is full, its window is over, or the next record would make the payload too large.
    async fn collect(&mut self) -> anyhow::Result<Batch> {
        let window = self.config.mapping.window;
        let wanted = self.config.mapping.batch_size as usize;
        let mut batch = Batch::new(&self.config.mapping.topic, &self.config.bootstrap);
        let mut generation = self.generation;
        let mut until: Option<Instant> = None;
        while batch.records() < wanted {
            // Without a window, what has already come is taken: the time limit comes after a look at the queue.
            if until.is_some_and(|until| !window.is_zero() && Instant::now() >= until) {
                break;
            }
            let received = match until {
                Some(until) => timeout_at(until, self.receive()).await.ok(),
                None => Some(self.receive().await),
            };
            self.notice_rebalance();
            if generation != self.generation {
                generation = self.generation;
                batch.clear();
                until = None;
            }
            let record = match received {
                Some(record) => record?,
                None if until.is_none() => continue,
                None => break,
            };
            match batch.push(record) {
                Push::Taken => until = until.or_else(|| Some(Instant::now() + window)),
                Push::Full(record) => {
                    self.waiting.push_front(record);
                    break;
                }
                Push::TooLarge(record) => self.refuse(&record),
            }
        }
        Ok(batch)
    }

    /// The next record that waits, else the next one from Kafka. May be dropped and called again.
    async fn receive(&mut self) -> anyhow::Result<Record> {
        match self.waiting.pop_front() {
            Some(record) => Ok(record),
            None => self.poll().await,
        }
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
            () = sleep(AGAIN), if self.commit_failed => {
                self.notice_rebalance();
                self.send_commit();
                return Ok(None);
            }
        };
        self.notice_rebalance();
        match received {
            Ok(record) => Ok(Some(record).filter(|record| !self.refused.contains(&record.partition))),
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

    /// After a rebalance, forgets what belongs to the assignment before: its owner reads it from the committed offset.
    fn notice_rebalance(&mut self) {
        let generation = self.consumer.context().generation();
        if generation != self.generation {
            self.generation = generation;
            self.waiting.clear();
            self.refused.clear();
            self.uncommitted.clear();
            self.commit_failed = false;
        }
    }

    /// Stops the partition at a record that fits into no payload: to skip it would lose it.
    fn refuse(&mut self, record: &Record) {
        let Record { partition, offset, json } = record;
        let (topic, bytes) = (&self.config.mapping.topic, json.len());
        tracing::error!(
            topic,
            partition,
            offset,
            bytes,
            limit = PAYLOAD_LIMIT,
            "A record is too large for any invocation: its partition stops here until the record is gone"
        );
        self.refused.insert(*partition);
        self.waiting.retain(|waiting| waiting.partition != *partition);
        if let Err(error) = self.consumer.pause(&self.partitions([*partition])) {
            tracing::warn!(%error, partition, "Cannot pause a partition");
        }
    }

    /// Invokes the function with the batch until it succeeds, then commits.
    async fn deliver(&mut self, batch: &Batch, stop: &mut watch::Receiver<bool>) -> anyhow::Result<Delivery> {
        let request = self.invoker.request(batch.payload())?;
        let mut attempt = 1;
        loop {
            let started = Instant::now();
            let Some(result) = self.invoke(&request, stop).await else {
                tracing::warn!(records = batch.records(), "An invocation does not finish; it will be delivered again");
                return Ok(Delivery::Stopped);
            };
            self.log(batch, attempt, started, result.as_ref().err());
            if result.is_ok() {
                self.uncommitted.extend(batch.ends());
                self.commit().await?;
                return Ok(Delivery::Done);
            }
            let wait = self.config.backoff.after(attempt, rand::random());
            tokio::select! {
                biased;
                () = stopped(stop) => return Ok(Delivery::Stopped),
                kept = self.wait(wait) => if !kept? {
                    tracing::info!("A rebalance took the failed batch; its partitions go on from the committed offsets");
                    return Ok(Delivery::Lost);
                },
            }
            attempt += 1;
        }
    }

    /// The result of one invocation; nothing when it has not finished in time after the stop.
    async fn invoke(&self, request: &Request, stop: &mut watch::Receiver<bool>) -> Option<anyhow::Result<()>> {
        let mut invocation = pin!(self.invoker.send(request));
        tokio::select! {
            biased;
            result = &mut invocation => return Some(result),
            () = stopped(stop) => {}
        }
        timeout(self.config.drain, invocation).await.ok()
    }

    fn log(&self, batch: &Batch, attempt: u32, started: Instant, error: Option<&anyhow::Error>) {
        let invoke_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (mapping, function) = (&self.config.mapping.logical_id, &self.config.function);
        let (records, bytes, offsets) = (batch.records(), batch.bytes(), batch.ranges());
        match error {
            None => tracing::info!(mapping, function, records, offsets, bytes, invoke_ms, attempt, "Delivered a batch"),
            Some(error) => tracing::warn!(
                mapping,
                function,
                records,
                offsets,
                bytes,
                invoke_ms,
                attempt,
                error = format!("{error:#}"),
                "A batch failed and will be delivered again"
            ),
        }
    }

    /// Waits without taking records, as a live member of the group; false when a rebalance came in between.
    async fn wait(&mut self, time: Duration) -> anyhow::Result<bool> {
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
    async fn commit(&mut self) -> anyhow::Result<()> {
        self.send_commit();
        let until = Instant::now() + self.config.session_timeout;
        while !self.uncommitted.is_empty() && !self.commit_failed {
            let Ok(record) = timeout_at(until, self.step()).await else {
                tracing::warn!("A commit is not acknowledged; going on, the batch may be delivered again");
                break;
            };
            self.waiting.extend(record?);
        }
        Ok(())
    }

    fn send_commit(&mut self) {
        if !self.is_committing && !self.uncommitted.is_empty() {
            self.is_committing = true;
            self.commit_failed = false;
            self.committer.send(self.uncommitted.iter().map(|(partition, offset)| (*partition, *offset)).collect());
        }
    }

    fn settle(&mut self, acknowledgement: Acknowledgement) {
        self.is_committing = false;
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
    async fn leave(self) {
        let Self { consumer, committer, config, .. } = self;
        let leave = on_a_thread(move || {
            committer.join();
            drop(consumer);
        });
        if timeout(config.session_timeout, leave).await.is_err() {
            tracing::warn!("Kafka does not take the leave: the group gives the partitions on after the session's end");
        }
    }

    fn partitions(&self, numbers: impl IntoIterator<Item = i32>) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        for number in numbers {
            list.add_partition(&self.config.mapping.topic, number);
        }
        list
    }
}
