//! The loop of one mapping: collect a batch, invoke, commit.

use std::sync::Arc;
use std::time::Duration;

use template::StartingPosition;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use crate::Config;
use crate::batch::{Batch, Push};
use crate::group::on_a_thread;
use crate::intake::Intake;
use crate::invoke::Invoker;
use crate::progress::Progress;
use crate::start::commit_latest;
use crate::stop::{finish, stopped};

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
        let invoker = Invoker::new(&config.endpoint, &config.function, config.function_timeout)?;
        let progress = Arc::new(Progress::default());
        let intake = Intake::join(&config, &progress)?;
        let mut source = Source { config, invoker, intake, progress };
        let result = source.run(&mut stop).await;
        source.intake.leave().await;
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
    intake: Intake,
    progress: Arc<Progress>,
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
        let mut generation = self.intake.generation();
        let mut until: Option<Instant> = None;
        while batch.records() < wanted {
            // Without a window, what has already come is taken: the time limit comes after a look at the queue.
            if until.is_some_and(|until| !window.is_zero() && Instant::now() >= until) {
                break;
            }
            let received = match until {
                Some(until) => timeout_at(until, self.intake.receive()).await.ok(),
                None => Some(self.intake.receive().await),
            };
            self.intake.notice_rebalance();
            if generation != self.intake.generation() {
                generation = self.intake.generation();
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
                    self.intake.put_back(record);
                    break;
                }
                Push::TooLarge(record) => self.intake.refuse(&record),
            }
        }
        Ok(batch)
    }

    /// Invokes the function with the batch until it succeeds, then commits.
    async fn deliver(&mut self, batch: &Batch, stop: &mut watch::Receiver<bool>) -> anyhow::Result<Delivery> {
        let request = self.invoker.request(batch.payload())?;
        let mut attempt = 1;
        loop {
            if self.intake.is_lost() {
                self.progress.lose();
                tracing::info!("The group goes on without this member; its batch is left to the partitions' new owner");
                return Ok(Delivery::Lost);
            }
            let started = Instant::now();
            self.progress.invoke(started.into_std());
            let Some(result) = finish(self.invoker.send(&request), stop, self.config.drain).await else {
                tracing::warn!(records = batch.records(), "An invocation does not finish; it will be delivered again");
                return Ok(Delivery::Stopped);
            };
            self.log(batch, attempt, started, result.as_ref().err());
            if result.is_ok() {
                self.progress.succeed(batch.records());
                self.intake.commit(batch.ends()).await?;
                return Ok(Delivery::Done);
            }
            self.progress.fail(started.into_std(), attempt);
            let wait = self.config.backoff.after(attempt, rand::random());
            tokio::select! {
                biased;
                () = stopped(stop) => return Ok(Delivery::Stopped),
                kept = self.intake.wait(wait) => if !kept? {
                    self.progress.lose();
                    tracing::info!("A rebalance took the failed batch; its partitions go on from the committed offsets");
                    return Ok(Delivery::Lost);
                },
            }
            attempt += 1;
        }
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
}
