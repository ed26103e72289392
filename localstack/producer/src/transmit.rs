mod beat;
mod deliver;

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::{Content, Entry, Journal, Parcel, Way};

use beat::Beat;
use deliver::Delivery;

pub use deliver::News;

/// So many records go out together at most.
const MOST: u32 = 1000;
/// So often a second something goes out, where a rate is kept.
const BEATS: u32 = 20;

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
}

/// Sends records for the first time, in their order, each noted before it is sent, and says after each part how many are done with.
pub async fn transmit(
    mut parcels: impl Iterator<Item = Parcel>,
    journal: &mut Journal,
    way: &Way,
    pace: Pace,
    tell: impl FnMut(News<'_>),
) -> anyhow::Result<Sent> {
    let (started, mut done) = (Instant::now(), 0);
    let mut beat = Beat::start(pace.rate, started);
    let mut delivery = Delivery { journal, way, patience: pace.patience, tell, sent: Sent::default() };
    loop {
        let part: Vec<Parcel> = parcels.by_ref().take(pace.together()).collect();
        if part.is_empty() {
            return Ok(Sent { took: started.elapsed(), ..delivery.sent });
        }
        sleep_until(beat.next(Instant::now(), part.len())).await;
        let numbers = delivery.journal.sends(&part)?;
        delivery.deliver(numbers.into_iter().zip(&part).collect()).await?;
        done += part.len() as u64;
        (delivery.tell)(News::Done(done));
    }
}

/// Sends records of the journal once more: those of these numbers, in the order in which they were sent first.
pub async fn again(
    content: &Content,
    numbers: &[u64],
    journal: &mut Journal,
    way: &Way,
    pace: Pace,
    tell: impl FnMut(News<'_>),
) -> anyhow::Result<Sent> {
    let (started, mut done) = (Instant::now(), 0);
    let mut beat = Beat::start(pace.rate, started);
    let mut delivery = Delivery { journal, way, patience: pace.patience, tell, sent: Sent::default() };
    for part in numbers.chunks(pace.together()) {
        sleep_until(beat.next(Instant::now(), part.len())).await;
        let record = |number: &u64| &content.records[usize::try_from(*number).expect("it is in memory")].0;
        let parcels = part.iter().map(|number| (*number, record(number))).collect();
        delivery.journal.note(Entry::SendsAgain(part.to_vec()))?;
        delivery.sent.again += part.len() as u64;
        delivery.deliver(parcels).await?;
        done += part.len() as u64;
        (delivery.tell)(News::Done(done));
    }
    Ok(Sent { took: started.elapsed(), ..delivery.sent })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_kept_in_small_parts() {
        let together = |rate| Pace { rate, patience: Duration::ZERO }.together();
        assert_eq!([None, Some(1), Some(100), Some(1_000_000)].map(together), [1000, 1, 5, 1000]);
    }
}
