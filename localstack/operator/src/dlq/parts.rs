//! Works through many dead letters, some in a transaction.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use outbox::WriteError;
use store::dead_letters::Tally;
use store::{Connection as _, Fault, PgConnection};

/// Dead letters that one transaction deals with: few enough that no batch waits for it.
const PART: usize = 500;
/// How often a part is tried where a batch is in its way.
const TRIES: u32 = 5;
/// Between two tries.
const WAIT: Duration = Duration::from_millis(50);

/// Each part in a transaction of its own: what was committed stays, whatever becomes of the rest.
pub(super) async fn in_parts(
    connection: &mut PgConnection,
    ids: &[i64],
    work: impl AsyncFn(&mut PgConnection, &[i64]) -> Result<Vec<Tally>, WriteError>,
) -> anyhow::Result<Vec<Tally>> {
    let mut sums: BTreeMap<(String, String), i64> = BTreeMap::new();
    for part in ids.chunks(PART) {
        let (done, all): (i64, usize) = (sums.values().sum(), ids.len());
        let tallies = tried(connection, part, &work).await.with_context(|| {
            format!("the database failed after {done} of {all} dead letters: run the same command again for the rest")
        })?;
        for Tally { consumer, error_class, letters } in tallies {
            *sums.entry((consumer, error_class)).or_default() += letters;
        }
    }
    let tally = |((consumer, error_class), letters)| Tally { consumer, error_class, letters };
    Ok(sums.into_iter().map(tally).collect())
}

/// A batch may hold a key for longer than a lock is waited for, or two may wait for each other.
async fn tried(
    connection: &mut PgConnection,
    ids: &[i64],
    work: &impl AsyncFn(&mut PgConnection, &[i64]) -> Result<Vec<Tally>, WriteError>,
) -> Result<Vec<Tally>, WriteError> {
    let mut tries = 1;
    loop {
        match once(connection, ids, work).await {
            Err(WriteError::Store(error)) if tries < TRIES && Fault::of(&error) == Fault::Passing => {
                tracing::warn!(error = &error as &dyn std::error::Error, tries, "The database is tried again");
                tokio::time::sleep(WAIT).await;
                tries += 1;
            }
            result => return result,
        }
    }
}

async fn once(
    connection: &mut PgConnection,
    ids: &[i64],
    work: &impl AsyncFn(&mut PgConnection, &[i64]) -> Result<Vec<Tally>, WriteError>,
) -> Result<Vec<Tally>, WriteError> {
    let mut transaction = connection.begin().await?;
    let tallies = work(&mut transaction, ids).await?;
    transaction.commit().await?;
    Ok(tallies)
}
