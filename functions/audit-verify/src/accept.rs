use std::time::Duration;

use anyhow::{bail, ensure};
use store::PgConnection;
use store::audit_log::{self, Place, Verification};
use time::OffsetDateTime;
use tokio::time::{Instant, sleep};

use crate::checkpoint::{Accepted, Checkpoint, Checkpoints, Head};
use crate::walk::{End, walk};

/// How long a run that is under way is waited for, and how often it is asked for.
const WAITING: (Duration, Duration) = (Duration::from_secs(75), Duration::from_millis(250));
/// How long Kafka may take for the checkpoint.
const PUBLISHING: Duration = Duration::from_secs(10);

/// Who takes a chain as it stands now, and why.
#[derive(Debug, Clone, Copy)]
pub struct Acceptance<'a> {
    /// The chain.
    pub chain: &'a str,
    /// Why it is not what it was.
    pub reason: &'a str,
    /// Who says so.
    pub by: &'a str,
}

/// Writes a checkpoint that says that the chain is taken as it stands: from then on it is compared only with what follows. Its rows
/// must hold among themselves, from the first to the head. The connection has the lock of whoever verifies until it is closed, and the
/// caller still has to [`forget`] what earlier runs came to.
pub async fn accept(
    connection: &mut PgConnection,
    checkpoints: &Checkpoints,
    wanted: Acceptance<'_>,
    now: OffsetDateTime,
) -> anyhow::Result<Accepted> {
    lock(connection).await?;
    let mut heads = checkpoints.last().await?.checkpoint.map(|last| last.heads).unwrap_or_default();
    let walked = walk(connection, wanted.chain, Place::start(), |_| false).await?;
    if let End::Broken(broken) = walked.end {
        bail!("row {} does not hold, and only a chain whose rows hold can be accepted: {}", broken.seq, broken.what);
    }
    let start = Head::new(wanted.chain, &Place::start());
    let from = heads.iter().find(|head| head.chain == wanted.chain).cloned();
    let is_known = from.is_some() || audit_log::chains(connection).await?.iter().any(|chain| chain == wanted.chain);
    ensure!(is_known, "nothing is known of a chain of this name");
    let to = Head::new(wanted.chain, &walked.place);
    heads.retain(|head| head.chain != wanted.chain);
    heads.extend((to.seq > 0).then(|| to.clone()));
    heads.sort_by(|one, other| one.chain.cmp(&other.chain));
    let accepted = Accepted {
        chain: wanted.chain.to_owned(),
        from: from.unwrap_or(start).into(),
        to: to.into(),
        reason: wanted.reason.to_owned(),
        by: wanted.by.to_owned(),
    };
    let checkpoint = Checkpoint { at: now, heads, accepted: Some(accepted.clone()) };
    checkpoints.publish(&checkpoint, PUBLISHING).await?;
    Ok(accepted)
}

/// Forgets what earlier runs came to, so that the next pass over the chain begins at its first row.
pub async fn forget(connection: &mut PgConnection, chain: &str, now: OffsetDateTime) -> Result<(), store::Error> {
    audit_log::write(connection, &unverified(chain), now).await
}

pub(crate) fn unverified(chain: &str) -> Verification {
    Verification { chain: chain.to_owned(), verified: Place::start(), completed_at: None, broken: None }
}

/// A run that is under way would write the old place into the next checkpoint.
async fn lock(connection: &mut PgConnection) -> anyhow::Result<()> {
    let (limit, pause) = WAITING;
    let end = Instant::now() + limit;
    while !audit_log::try_lock(connection).await? {
        ensure!(Instant::now() < end, "another verification has been under way for {limit:?}: try again");
        sleep(pause).await;
    }
    Ok(())
}
