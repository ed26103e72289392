use std::time::Duration;

use anyhow::bail;
use tokio::time::{Instant, sleep, sleep_until};

use crate::{Answer, Content, Entry, Journal, Parcel, Way};

/// So many records go out together at most.
const MOST: u32 = 1000;
/// So often a second something goes out, where a rate is kept.
const BEATS: u32 = 20;
/// The wait before records are sent again whose fate nobody knows.
const AGAIN_AFTER: Duration = Duration::from_millis(500);

/// How fast to send, and how long to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Records a second; as many as possible where there is none.
    pub rate: Option<u32>,
    /// How long the same records are sent again and again before it is given up.
    pub patience: Duration,
}

/// What was sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    /// Records that Kafka has.
    pub acknowledged: u64,
    /// Records that were not taken.
    pub refused: u64,
    /// How often a record was sent once more.
    pub again: u64,
    /// How long it took.
    pub took: Duration,
}

impl Pace {
    fn together(self) -> usize {
        let together = self.rate.map_or(MOST, |rate| (rate / BEATS).clamp(1, MOST));
        usize::try_from(together).unwrap_or(1)
    }

    /// When so many records may have been sent.
    fn due(self, started: Instant, records: u64) -> Instant {
        let seconds = self.rate.map_or(0.0, |rate| records_as_f64(records) / f64::from(rate.max(1)));
        started + Duration::from_secs_f64(seconds)
    }
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 records")]
fn records_as_f64(records: u64) -> f64 {
    records as f64
}

/// Sends records for the first time, in their order, each noted before it is sent, and says after each part how many are done with.
pub async fn transmit(
    mut parcels: impl Iterator<Item = Parcel>,
    journal: &mut Journal,
    way: &Way,
    pace: Pace,
    mut tell: impl FnMut(u64),
) -> anyhow::Result<Sent> {
    let (started, mut sent, mut done) = (Instant::now(), Sent::default(), 0);
    loop {
        let part: Vec<Parcel> = parcels.by_ref().take(pace.together()).collect();
        if part.is_empty() {
            sent.took = started.elapsed();
            return Ok(sent);
        }
        sleep_until(pace.due(started, done)).await;
        let numbers = journal.sends(&part)?;
        deliver(numbers.into_iter().zip(&part).collect(), journal, way, pace, &mut sent).await?;
        done += part.len() as u64;
        tell(done);
    }
}

/// Sends records of the journal once more: those of these numbers, in the order in which they were sent first.
pub async fn again(
    content: &Content,
    numbers: &[u64],
    journal: &mut Journal,
    way: &Way,
    pace: Pace,
    mut tell: impl FnMut(u64),
) -> anyhow::Result<Sent> {
    let (started, mut sent, mut done) = (Instant::now(), Sent::default(), 0);
    for part in numbers.chunks(pace.together()) {
        sleep_until(pace.due(started, done)).await;
        let record = |number: &u64| &content.records[usize::try_from(*number).expect("it is in memory")].0;
        let parcels = part.iter().map(|number| (*number, record(number))).collect();
        journal.note(Entry::SendsAgain(part.to_vec()))?;
        sent.again += part.len() as u64;
        deliver(parcels, journal, way, pace, &mut sent).await?;
        done += part.len() as u64;
        tell(done);
    }
    sent.took = started.elapsed();
    Ok(sent)
}

/// Sends noted records until the fate of each is known.
async fn deliver(
    mut open: Vec<(u64, &Parcel)>,
    journal: &mut Journal,
    way: &Way,
    pace: Pace,
    sent: &mut Sent,
) -> anyhow::Result<()> {
    let end = Instant::now() + pace.patience;
    loop {
        let parcels: Vec<&Parcel> = open.iter().map(|(_, parcel)| *parcel).collect();
        let answers = way.send(&parcels).await?;
        let (mut acknowledged, mut refused, mut rest, mut why) = (Vec::new(), Vec::new(), Vec::new(), String::new());
        for ((number, parcel), answer) in open.into_iter().zip(answers) {
            match answer {
                Answer::Acknowledged => acknowledged.push(number),
                Answer::Refused(_) => refused.push(number),
                Answer::Unknown(reason) => {
                    rest.push((number, parcel));
                    why = reason;
                }
            }
        }
        sent.acknowledged += acknowledged.len() as u64;
        sent.refused += refused.len() as u64;
        journal.note(Entry::Acknowledged(acknowledged))?;
        journal.note(Entry::Refused(refused))?;
        if rest.is_empty() {
            return Ok(());
        }
        if Instant::now() > end {
            bail!(
                "{} records are not acknowledged ({why}): `producer replay --unacknowledged {}` sends them again",
                rest.len(),
                journal.path().display()
            );
        }
        sleep(AGAIN_AFTER).await;
        let numbers: Vec<u64> = rest.iter().map(|(number, _)| *number).collect();
        sent.again += numbers.len() as u64;
        journal.note(Entry::SendsAgain(numbers))?;
        open = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(rate: Option<u32>) -> Pace {
        Pace { rate, patience: Duration::ZERO }
    }

    #[test]
    fn a_rate_is_kept_in_small_parts_and_without_one_nothing_waits() {
        assert_eq!([None, Some(1), Some(100), Some(1_000_000)].map(|rate| pace(rate).together()), [1000, 1, 5, 1000]);
        let started = Instant::now();
        assert_eq!(pace(None).due(started, 5000), started);
        assert_eq!(pace(Some(100)).due(started, 250), started + Duration::from_millis(2500));
    }
}
