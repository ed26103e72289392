use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU16;
use std::time::{Duration as StdDuration, Instant};

use anyhow::ensure;
use settings::{Environment, SettingError};
use store::audit_log::{self, Place, Verification};
use store::{Connection as _, PgConnection, PgPool};
use time::{Duration, OffsetDateTime};

use crate::accept::unverified;
use crate::chain::{Known, Looked, look};
use crate::checkpoint::{Checkpoint, Checkpoints, Last};
use crate::compare::{Compared, compare};
use crate::full::{compare_all, verified_before};
use crate::removed::removed;
use crate::verified::{BrokenChain, Checkpointed, Verified};

/// How long an invocation may take where the host names no deadline.
const DEFAULT_TIME_LIMIT: StdDuration = StdDuration::from_mins(1);
/// What is left of the invocation when the last page must be verified: time to write the checkpoint.
const MARGIN: StdDuration = StdDuration::from_secs(15);
/// How long Kafka may take for a checkpoint.
const PUBLISHING: StdDuration = StdDuration::from_secs(10);

/// A place of each chain.
type Places = BTreeMap<String, Place>;

/// What an environment keeps between invocations.
pub struct AuditVerify {
    pool: PgPool,
    checkpoints: Checkpoints,
    window: StdDuration,
    again_after: Duration,
}

impl AuditVerify {
    /// Reads the settings. Needs a tokio runtime.
    pub fn start(environment: &Environment) -> Result<Self, SettingError> {
        let hours = environment.parsed("AUDIT_REVERIFY_HOURS", NonZeroU16::new(24).expect("not zero"))?;
        Ok(Self {
            pool: store::pool(environment)?,
            checkpoints: Checkpoints::of(environment)?,
            window: StdDuration::from_secs(environment.parsed("AUDIT_VERIFY_SECONDS", 30)?),
            again_after: Duration::hours(hours.get().into()),
        })
    }

    /// The pool, to be closed at the end.
    #[must_use]
    pub fn pool(&self) -> PgPool {
        self.pool.clone()
    }

    /// Verifies what is new, and a part of what is old, and writes a checkpoint. A broken chain is told and no error, as the same
    /// invocation once more would find the same; and so is Kafka being away, without which the rest is done.
    pub async fn handle(&self, remaining: Option<StdDuration>, now: OffsetDateTime) -> anyhow::Result<Verified> {
        let limit = remaining.unwrap_or(DEFAULT_TIME_LIMIT).saturating_sub(MARGIN);
        let end = Instant::now() + self.window.min(limit);
        // The lock ends with its connection, which nothing else uses afterwards, however the run ends.
        let mut connection = self.pool.acquire().await?.detach();
        if !audit_log::try_lock(&mut connection).await? {
            let nothing = Verified::none(Checkpointed::AnotherRunIsUnderWay);
            nothing.report(now);
            return Ok(nothing);
        }
        let verified = self.verify(&mut connection, end, now).await?;
        audit_log::unlock(&mut connection).await?;
        connection.close().await?;
        verified.report(now);
        Ok(verified)
    }

    async fn verify(
        &self,
        connection: &mut PgConnection,
        end: Instant,
        now: OffsetDateTime,
    ) -> anyhow::Result<Verified> {
        let verifications = audit_log::verifications(connection).await?;
        let (last, removed) = self.last_checkpoint(&verifications).await;
        let known = self.known(connection, verifications, last.as_ref(), end).await?;
        let mut verified = Verified { chains: known.len(), removed, ..Verified::none(Checkpointed::Unmoved) };
        let mut places = Places::new();
        let count = known.len();
        for (at, (chain, known)) in known.into_iter().enumerate() {
            let looked = self.look(connection, known, share(end, count - at), now).await?;
            verified.rows += looked.rows;
            places.extend(looked.checkpoint.map(|place| (chain.clone(), place)));
            verified.broken.extend(looked.broken.map(|broken| BrokenChain { chain, broken }));
        }
        verified.checkpoint = self.publish(last.as_ref(), &places, now).await;
        Ok(verified)
    }

    /// Where the chains stood in the last checkpoint, nothing where nobody can say; and why checkpoints must have been removed, where
    /// they were.
    async fn last_checkpoint(&self, known: &[Verification]) -> (Option<Places>, Option<&'static str>) {
        match self.checkpoints.last().await {
            Ok(Last { checkpoint, extent }) => {
                let removed = removed(extent, checkpoint.is_some(), known);
                // What nothing is left to compare with does not become what is compared with without somebody's word.
                let is_told = checkpoint.is_some() || removed.is_none();
                (is_told.then(|| checkpoint.into_iter().flat_map(Checkpoint::places).collect()), removed)
            }
            Err(error) => {
                tracing::error!(
                    error.message = format!("{error:#}"),
                    "The last checkpoint of the audit log cannot be read, and nothing is compared with it"
                );
                (None, None)
            }
        }
    }

    /// What is known of each chain that there is, or was.
    async fn known(
        &self,
        connection: &mut PgConnection,
        verifications: Vec<Verification>,
        last: Option<&Places>,
        end: Instant,
    ) -> anyhow::Result<BTreeMap<String, Known>> {
        let compared = self.compared(connection, &verifications, last, end).await?;
        let mut chains: BTreeSet<String> = audit_log::chains(connection).await?.into_iter().collect();
        chains.extend(compared.keys().cloned());
        let known = chains.into_iter().map(|chain| {
            let place = |last: &Places| last.get(&chain).cloned().unwrap_or_else(Place::start);
            let verification = verifications.iter().find(|verification| verification.chain == chain).cloned();
            let known = Known {
                verification: verification.unwrap_or_else(|| unverified(&chain)),
                checkpoint: last.map(place),
                compared: compared.get(&chain).cloned().unwrap_or_default(),
            };
            (chain, known)
        });
        Ok(known.collect())
    }

    /// How the chains compare with the last checkpoint and with where they were verified before. Where it is news that a checkpoint
    /// does not hold, all are compared, to tell since when.
    async fn compared(
        &self,
        connection: &mut PgConnection,
        verifications: &[Verification],
        last: Option<&Places>,
        end: Instant,
    ) -> anyhow::Result<BTreeMap<String, Compared>> {
        let mut compared = BTreeMap::new();
        let places = last.into_iter().flatten().map(|(chain, place)| (chain.clone(), place.clone()));
        compare(connection, places, &mut compared).await?;
        let is_known = |chain: &str| verifications.iter().any(|known| known.chain == chain && known.broken.is_some());
        if compared.iter().any(|(chain, compared)| !compared.is_same() && !is_known(chain)) {
            let all = async {
                let all = self.checkpoints.all().await?;
                let seen = compare_all(connection, all, |_| Instant::now() < end).await?;
                // Behind what was not reached, a chain may have been accepted.
                ensure!(seen.all, "there was no time for all");
                Ok(seen.compared)
            };
            match all.await {
                Ok(all) => compared.extend(all),
                Err(error) => tracing::error!(
                    error.message = format!("{error:#}"),
                    "Not all checkpoints of the audit log could be compared"
                ),
            }
        }
        compare(connection, verified_before(verifications), &mut compared).await?;
        Ok(compared)
    }

    async fn look(
        &self,
        connection: &mut PgConnection,
        known: Known,
        end: Instant,
        now: OffsetDateTime,
    ) -> Result<Looked, store::Error> {
        let before = known.verification.clone();
        let looked = look(connection, known, (now, self.again_after), || Instant::now() >= end).await?;
        // Where nothing is new, too: whoever is to be woken when nobody verifies goes by its time. But not where no pass has begun.
        if looked.verification != before || before != unverified(&before.chain) {
            audit_log::write(connection, &looked.verification, now).await?;
        }
        Ok(looked)
    }

    async fn publish(&self, last: Option<&Places>, next: &Places, now: OffsetDateTime) -> Checkpointed {
        match last {
            None => return Checkpointed::Unavailable,
            Some(last) if last == next => return Checkpointed::Unmoved,
            Some(_) => {}
        }
        match self.checkpoints.publish(&Checkpoint::new(now, next), PUBLISHING).await {
            Ok(()) => Checkpointed::Published,
            Err(error) => {
                tracing::error!(
                    error.message = format!("{error:#}"),
                    "The checkpoint of the audit log was not written"
                );
                Checkpointed::Unavailable
            }
        }
    }
}

/// Until when the next of so many chains may take.
fn share(end: Instant, chains: usize) -> Instant {
    let now = Instant::now();
    now + end.saturating_duration_since(now) / u32::try_from(chains).unwrap_or(u32::MAX).max(1)
}
