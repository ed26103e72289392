//! Commits, on a thread of their own.
//!
//! The client library's blocking commit has no time limit: while Kafka is away it may wait for hours. Its other form
//! does not tell the outcome. So a thread waits that nobody has to wait for.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};
use tokio::sync::mpsc;

use crate::group::Consumer;

/// Partitions, and the offset after the last record that is done in each.
pub(crate) type Offsets = Vec<(i32, i64)>;

/// What Kafka said to a commit: the offsets that it has now, or why it refused them.
pub(crate) type Acknowledgement = Result<Offsets, KafkaError>;

/// Commits one after the other.
pub(crate) struct Committer {
    requests: Sender<Offsets>,
    acknowledgements: mpsc::UnboundedReceiver<Acknowledgement>,
    thread: JoinHandle<()>,
}

impl Committer {
    pub(crate) fn start(consumer: Arc<Consumer>, topic: String) -> Self {
        let (requests, pending) = channel();
        let (settled, acknowledgements) = mpsc::unbounded_channel();
        let thread = std::thread::spawn(move || serve(&consumer, &topic, &pending, &settled));
        Self { requests, acknowledgements, thread }
    }

    pub(crate) fn send(&self, offsets: Offsets) {
        self.requests.send(offsets).expect("the thread lives as long as its requests");
    }

    /// The next acknowledgement; never, when nothing was sent. May be dropped and called again.
    pub(crate) async fn acknowledgement(&mut self) -> Acknowledgement {
        self.acknowledgements.recv().await.expect("the thread lives as long as its requests")
    }

    /// Waits for the commit that runs, and gives the consumer back. Blocks.
    pub(crate) fn join(self) {
        drop(self.requests);
        self.thread.join().expect("the thread panics nowhere");
    }
}

fn serve(
    consumer: &Consumer,
    topic: &str,
    pending: &Receiver<Offsets>,
    settled: &mpsc::UnboundedSender<Acknowledgement>,
) {
    for offsets in pending {
        let acknowledgement = commit(consumer, topic, &offsets).map(|()| offsets);
        // An error means that nobody waits for it any more.
        let _ = settled.send(acknowledgement);
    }
}

fn commit(consumer: &Consumer, topic: &str, offsets: &Offsets) -> Result<(), KafkaError> {
    let mut list = TopicPartitionList::new();
    for (partition, offset) in offsets {
        list.add_partition_offset(topic, *partition, Offset::Offset(*offset))?;
    }
    consumer.commit(&list, CommitMode::Sync)
}
