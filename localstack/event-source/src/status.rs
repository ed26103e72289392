//! The status line of a mapping: how it stands, when that has changed or something is wrong.
//!
//! A thread of its own asks and writes: the loop never waits for it, and Kafka may answer late or never.

use std::fmt::Display;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer as _;

use crate::Config;
use crate::group::Consumer;
use crate::place::{Place, places};
use crate::progress::{Counts, Progress};

/// How long Kafka is asked for a line.
const PATIENCE: Duration = Duration::from_secs(2);

/// How a mapping stands. Times are in whole seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Status {
    /// The partitions that this member has.
    partitions: Vec<i32>,
    /// Delivered since the start.
    batches: u64,
    records: u64,
    /// For how long a batch has been failing, and how often it was tried.
    failing: Option<(u64, u32)>,
    /// For how long the invocation that runs has been running, where that is longer than a moment.
    invoking: Option<u64>,
    /// Partitions stopped at a record too large for any payload.
    stopped: Vec<i32>,
    /// What Kafka says of the partitions, or why it says nothing.
    kafka: Result<Vec<Place>, String>,
}

impl Status {
    fn new(partitions: Vec<i32>, counts: Counts, kafka: Result<Vec<Place>, String>, now: Instant) -> Self {
        let seconds = |since| now.saturating_duration_since(since).as_secs();
        Self {
            partitions,
            batches: counts.batches,
            records: counts.records,
            failing: counts.failing.map(|failing| (seconds(failing.since), failing.attempts)),
            invoking: counts.invoking.map(seconds).filter(|seconds| *seconds > 0),
            stopped: counts.stopped.into_iter().collect(),
            kafka,
        }
    }

    fn is_wrong(&self) -> bool {
        self.failing.is_some() || !self.stopped.is_empty() || self.kafka.is_err()
    }

    /// Whether there is something to say after what was said last.
    fn is_worth_a_line(&self, last: Option<&Self>) -> bool {
        self.is_wrong() || last != Some(self)
    }

    fn lag(&self) -> Option<i64> {
        self.kafka.as_ref().ok().map(|places| places.iter().map(|place| place.lag).sum())
    }

    /// What is committed, by partition: `0:17 2:40`.
    fn committed(&self) -> Option<String> {
        let places = self.kafka.as_ref().ok()?.iter();
        Some(list(places.filter_map(|place| Some(format!("{}:{}", place.partition, place.committed?)))))
    }

    fn log(&self, config: &Config) {
        let (mapping, function, topic) = (&config.mapping.logical_id, &config.function, &config.mapping.topic);
        let group = &config.mapping.consumer_group;
        let (partitions, committed) = (list(&self.partitions), self.committed());
        let stopped = Some(list(&self.stopped)).filter(|stopped| !stopped.is_empty());
        let error = self.kafka.as_ref().err();
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    mapping,
                    function,
                    topic,
                    group,
                    partitions,
                    batches = self.batches,
                    records = self.records,
                    committed,
                    lag.records = self.lag(),
                    invoking.seconds = self.invoking,
                    failing.seconds = self.failing.map(|(seconds, _)| seconds),
                    failing.attempts = self.failing.map(|(_, attempts)| attempts),
                    partitions.stopped = stopped,
                    kafka.answers = error.is_none(),
                    error,
                    "Status"
                )
            };
        }
        if self.is_wrong() { line!(warn) } else { line!(info) }
    }
}

fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(" ")
}

/// Writes the status line of one mapping at its interval.
pub(crate) struct Reporter {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Reporter {
    /// Starts it; nothing where the mapping has no interval.
    pub(crate) fn start(config: &Config, consumer: &Arc<Consumer>, progress: &Arc<Progress>) -> Option<Self> {
        let every = config.status_every?;
        let (stop, stopped) = channel();
        let (config, consumer, progress) = (config.clone(), Arc::clone(consumer), Arc::clone(progress));
        let thread = std::thread::spawn(move || report(&config, &consumer, &progress, every, &stopped));
        Some(Self { stop, thread })
    }

    /// Waits for the line that is being written, and gives the consumer back. Blocks, for some seconds at the longest.
    pub(crate) fn join(self) {
        drop(self.stop);
        self.thread.join().expect("the thread panics nowhere");
    }
}

fn report(config: &Config, consumer: &Consumer, progress: &Progress, every: Duration, stopped: &Receiver<()>) {
    let mut last = None;
    while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
        let partitions = consumer.context().partitions();
        let kafka = places(consumer, &config.mapping.topic, &partitions, PATIENCE).map_err(|error| error.to_string());
        let status = Status::new(partitions, progress.now(), kafka, Instant::now());
        if status.is_worth_a_line(last.as_ref()) {
            status.log(config);
        }
        last = Some(status);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(progress: &Progress, now: Instant) -> Status {
        let place = Place { partition: 0, committed: Some(7), lag: 3 };
        Status::new(vec![0], progress.now(), Ok(vec![place]), now)
    }

    #[test]
    fn the_same_again_is_no_line_and_a_change_is() {
        let (progress, now) = (Progress::default(), Instant::now());
        let first = status(&progress, now);
        assert!(first.is_worth_a_line(None));
        assert!(!status(&progress, now).is_worth_a_line(Some(&first)));
        progress.succeed(5);
        let after = status(&progress, now);
        assert_eq!((after.batches, after.records), (1, 5));
        assert!(after.is_worth_a_line(Some(&first)));
    }

    #[test]
    fn what_is_wrong_is_a_line_each_time() {
        let (progress, now) = (Progress::default(), Instant::now());
        progress.fail(now, 1);
        progress.fail(now + Duration::from_secs(2), 2);
        let failing = status(&progress, now + Duration::from_secs(9));
        assert_eq!(failing.failing, Some((9, 2)), "it began with the first failure");
        assert!(failing.is_worth_a_line(Some(&failing)));
        progress.succeed(1);
        assert!(!status(&progress, now).is_wrong());
        progress.stop(&[4].into());
        assert!(status(&progress, now).is_wrong());
        let away = Status { kafka: Err("away".into()), ..status(&Progress::default(), now) };
        assert!(away.is_wrong());
        assert_eq!((away.lag(), away.committed()), (None, None));
    }

    #[test]
    fn an_invocation_is_shown_once_it_takes_its_time() {
        let (progress, now) = (Progress::default(), Instant::now());
        progress.invoke(now);
        assert_eq!(status(&progress, now + Duration::from_millis(900)).invoking, None);
        assert_eq!(status(&progress, now + Duration::from_secs(4)).invoking, Some(4));
    }

    #[test]
    fn only_partitions_with_a_commit_are_listed() {
        let places = [(0, Some(17), 1), (1, None, 5), (2, Some(40), 0)];
        let places = places.map(|(partition, committed, lag)| Place { partition, committed, lag });
        let status = Status { kafka: Ok(places.into()), ..status(&Progress::default(), Instant::now()) };
        assert_eq!((status.committed().as_deref(), status.lag()), (Some("0:17 2:40"), Some(6)));
    }
}
