use std::collections::{HashMap, HashSet};

use tokio::time::{Instant, timeout_at};

use super::refusal::is_refusal;
use super::sender::{NotFound, Sender};
use super::{Fate, Record, Refusal};
use crate::Delivered;

/// Why a run ended before its end.
#[derive(Debug)]
pub(super) enum Broken {
    /// The broker refused a record, and others with it.
    Refused,
    /// The broker is away or slow.
    Unavailable(String),
}

/// Which records are of one key.
type Key<'a> = (&'a str, &'a [u8]);

/// The records of a run, and what became of them.
pub(super) struct Run<'a> {
    records: &'a [Record<'a>],
    fates: Vec<Fate>,
    delivered: Vec<Option<Delivered>>,
    /// Keys that go no further in this run.
    stopped: HashSet<Key<'a>>,
}

impl<'a> Run<'a> {
    pub(super) fn new(records: &'a [Record<'a>]) -> Self {
        let (fates, delivered) = (vec![Fate::Waits; records.len()], vec![None; records.len()]);
        Self { records, fates, delivered, stopped: HashSet::new() }
    }

    /// Sends the first record of each key, and then everything else, and waits for all of it.
    ///
    /// A broker takes whatever comes first from a producer that it has not met, and a request may be on its way to it while the one
    /// before is refused. Once it has the first of a key, it has met the producer in that partition, and takes nothing behind a gap.
    pub(super) async fn send_together(&mut self, sender: &mut Sender, deadline: Instant) -> Result<(), Broken> {
        self.find_topics(sender, deadline).await?;
        let (first, _) = self.chains();
        self.send_all(sender, first, deadline).await?;
        let others = (0..self.records.len()).filter(|place| self.fates[*place] == Fate::Waits).collect();
        self.send_all(sender, others, deadline).await
    }

    async fn send_all(&mut self, sender: &mut Sender, places: Vec<usize>, deadline: Instant) -> Result<(), Broken> {
        let mut on_their_way = 0_usize;
        for place in places {
            if self.is_open(place) {
                on_their_way += usize::from(self.start(sender, place)?);
            }
        }
        while on_their_way > 0 {
            let (place, verdict) = next(sender, deadline).await?;
            let delivered = verdict.map_err(|error| sender.broken(error))?;
            self.acknowledge(place, delivered);
            on_their_way -= 1;
        }
        Ok(())
    }

    /// Sends the first record of each key, and the next when one is acknowledged.
    pub(super) async fn send_one_by_one(&mut self, sender: &mut Sender, deadline: Instant) -> Result<(), Broken> {
        self.find_topics(sender, deadline).await?;
        let (first, next_of) = self.chains();
        let mut on_their_way = 0_usize;
        for place in first {
            on_their_way += usize::from(self.start(sender, place)?);
        }
        while on_their_way > 0 {
            let (place, verdict) = next(sender, deadline).await?;
            on_their_way -= 1;
            match verdict {
                Ok(delivered) => {
                    self.acknowledge(place, delivered);
                    if let Some(&place) = next_of.get(&place) {
                        on_their_way += usize::from(self.start(sender, place)?);
                    }
                }
                Err(error) if is_refusal(&error) => self.refuse(place, &error),
                Err(error) => return Err(sender.broken(error)),
            }
        }
        Ok(())
    }

    /// Puts a record on its way. False where librdkafka refuses it: then its key stops.
    fn start(&mut self, sender: &Sender, place: usize) -> Result<bool, Broken> {
        match sender.send(place, &self.records[place]) {
            Ok(()) => Ok(true),
            Err(error) if is_refusal(&error) => {
                self.refuse(place, &error);
                Ok(false)
            }
            Err(error) => Err(sender.broken(error)),
        }
    }

    /// Refuses the first record of each key whose topic is not there. Where one topic cannot be asked for, none is sent to.
    async fn find_topics(&mut self, sender: &mut Sender, deadline: Instant) -> Result<(), Broken> {
        let mut asked = HashMap::new();
        for place in 0..self.records.len() {
            let topic = self.records[place].topic;
            if !asked.contains_key(topic) {
                let within = deadline.saturating_duration_since(Instant::now());
                let refusal = match sender.find(topic, within).await {
                    Ok(()) => None,
                    Err(NotFound::Refused(reason)) => Some(reason),
                    Err(NotFound::Unavailable(reason)) => return Err(Broken::Unavailable(reason)),
                };
                asked.insert(topic, refusal);
            }
            if let Some(reason) = asked[topic].clone().filter(|_| self.is_open(place)) {
                self.refuse(place, reason);
            }
        }
        Ok(())
    }

    /// The first open record of each key, and which follows which.
    fn chains(&self) -> (Vec<usize>, HashMap<usize, usize>) {
        let (mut first, mut next_of, mut last) = (Vec::new(), HashMap::new(), HashMap::new());
        for place in (0..self.records.len()).filter(|place| self.is_open(*place)) {
            let before = self.key(place).and_then(|key| last.insert(key, place));
            match before {
                Some(before) => drop(next_of.insert(before, place)),
                None => first.push(place),
            }
        }
        (first, next_of)
    }

    fn acknowledge(&mut self, place: usize, delivered: Delivered) {
        self.fates[place] = Fate::Acknowledged;
        self.delivered[place] = Some(delivered);
    }

    fn refuse(&mut self, place: usize, refusal: impl Into<Refusal>) {
        self.fates[place] = Fate::Refused(refusal.into());
        self.stopped.extend(self.key(place));
    }

    fn key(&self, place: usize) -> Option<Key<'a>> {
        let record = &self.records[place];
        record.key.map(|key| (record.topic, key))
    }

    fn is_open(&self, place: usize) -> bool {
        self.fates[place] == Fate::Waits && self.key(place).is_none_or(|key| !self.stopped.contains(&key))
    }

    /// What became of each, and where it was written. What was acknowledged behind one of its key that was not counts as waiting.
    pub(super) fn into_parts(mut self) -> (Vec<Fate>, Vec<Option<Delivered>>) {
        let mut behind = HashSet::new();
        for place in 0..self.records.len() {
            let Some(key) = self.key(place) else { continue };
            if self.fates[place] != Fate::Acknowledged {
                behind.insert(key);
            } else if behind.contains(&key) {
                self.fates[place] = Fate::Waits;
            }
        }
        (self.fates, self.delivered)
    }
}

async fn next(sender: &mut Sender, deadline: Instant) -> Result<super::sender::Verdict, Broken> {
    let late = || Broken::Unavailable("no acknowledgement in time".to_owned());
    timeout_at(deadline, sender.verdict()).await.map_err(|_| late())
}
