use std::time::Duration;

use anyhow::bail;
use tokio::time::{Instant, sleep};

use super::Sent;
use crate::{Answer, Entry, Journal, Parcel, Way};

/// The wait before records are sent again whose fate nobody knows.
const AGAIN_AFTER: Duration = Duration::from_millis(500);

/// What one hears while records are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News<'a> {
    /// So many records are done with.
    Done(u64),
    /// Nobody knows of some whether they have arrived.
    Silence {
        /// Who does not answer.
        whom: &'static str,
        /// For how long they are still sent again.
        left: Duration,
        /// What is known of the reason.
        why: &'a str,
    },
    /// After a silence, there are answers again.
    Answers {
        /// Who answers.
        whom: &'static str,
    },
}

/// What it takes to bring records to Kafka, and what became of them so far.
pub(super) struct Delivery<'a, T> {
    pub(super) journal: &'a mut Journal,
    pub(super) way: &'a Way,
    pub(super) patience: Duration,
    pub(super) tell: T,
    pub(super) sent: Sent,
}

impl<T: FnMut(News<'_>)> Delivery<'_, T> {
    /// Sends noted records until the fate of each is known. That an event is refused is an error: rubbish alone may be.
    pub(super) async fn deliver(&mut self, mut open: Vec<(u64, &Parcel)>) -> anyhow::Result<()> {
        let (end, whom, mut is_silent) = (Instant::now() + self.patience, self.way.whom(), false);
        loop {
            let parcels: Vec<&Parcel> = open.iter().map(|(_, parcel)| *parcel).collect();
            let fates = Fates::of(open, self.way.send(&parcels).await?);
            self.note(&fates)?;
            let (rest, why, journal) = (fates.unknown, fates.why, self.journal.path().display());
            if let Some(reason) = fates.wrong {
                bail!(
                    "{whom} refuses events ({reason}): mend that, and `producer replay --unacknowledged {journal}` sends them again"
                );
            }
            if rest.is_empty() {
                if is_silent {
                    (self.tell)(News::Answers { whom });
                }
                return Ok(());
            }
            let now = Instant::now();
            if now > end {
                let records = rest.len();
                bail!(
                    "{records} records are not acknowledged ({why}): `producer replay --unacknowledged {journal}` sends them again"
                );
            }
            is_silent = true;
            (self.tell)(News::Silence { whom, left: end - now, why: &why });
            sleep(AGAIN_AFTER).await;
            let numbers: Vec<u64> = rest.iter().map(|(number, _)| *number).collect();
            self.sent.again += numbers.len() as u64;
            self.journal.note(Entry::SendsAgain(numbers))?;
            open = rest;
        }
    }

    fn note(&mut self, fates: &Fates<'_>) -> anyhow::Result<()> {
        self.sent.acknowledged += fates.acknowledged.len() as u64;
        self.sent.refused += fates.refused.len() as u64;
        self.journal.note(Entry::Acknowledged(fates.acknowledged.clone()))?;
        self.journal.note(Entry::Refused(fates.refused.clone()))
    }
}

/// Records by what became of them.
#[derive(Default)]
struct Fates<'a> {
    acknowledged: Vec<u64>,
    refused: Vec<u64>,
    unknown: Vec<(u64, &'a Parcel)>,
    /// Why nothing is known of the last of these.
    why: String,
    /// Why the first event was refused, where one was.
    wrong: Option<String>,
}

impl<'a> Fates<'a> {
    fn of(parcels: Vec<(u64, &'a Parcel)>, answers: Vec<Answer>) -> Self {
        let mut fates = Self::default();
        for ((number, parcel), answer) in parcels.into_iter().zip(answers) {
            match answer {
                Answer::Acknowledged => fates.acknowledged.push(number),
                Answer::Refused(reason) => {
                    fates.refused.push(number);
                    if !parcel.what.is_rubbish() {
                        fates.wrong.get_or_insert(reason);
                    }
                }
                Answer::Unknown(reason) => {
                    fates.unknown.push((number, parcel));
                    fates.why = reason;
                }
            }
        }
        fates
    }
}
