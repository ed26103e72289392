use std::collections::{BTreeMap, BTreeSet};

use store::audit_log::{self, Place, Verification};
use store::{Error, PgConnection};

use crate::broken::Broken;
use crate::checkpoint::{All, Checkpoint};
use crate::compare::{Compared, compare};
use crate::walk::walk;

/// Checkpoints that are compared at once.
const TOGETHER: usize = 1000;

/// What a full verification says of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainReport {
    /// The chain.
    pub chain: String,
    /// Rows that hold, from the first.
    pub rows: u64,
    /// Checkpoints that it was compared with, and places where it was verified before.
    pub compared: u64,
    /// What is wrong with it.
    pub broken: Option<Broken>,
}

/// How far a full verification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// So many checkpoints are left to be compared.
    Checkpoints(u64),
    /// So many rows of this chain hold.
    Rows(&'a str, u64),
}

/// Compares rows with all checkpoints.
pub async fn compare_all(
    connection: &mut PgConnection,
    mut checkpoints: All,
    compared: &mut BTreeMap<String, Compared>,
    mut goes_on: impl FnMut(u64) -> bool,
) -> anyhow::Result<()> {
    while let Some(some) = checkpoints.next(TOGETHER).await? {
        compare(connection, some.into_iter().flat_map(Checkpoint::places), compared).await?;
        if !goes_on(checkpoints.left()) {
            break;
        }
    }
    Ok(())
}

/// Where chains were verified before.
pub(crate) fn verified_before(known: &[Verification]) -> impl Iterator<Item = (String, Place)> {
    let verified = known.iter().filter(|known| known.verified.seq > 0);
    verified.map(|known| (known.chain.clone(), known.verified.clone()))
}

/// Verifies every row of every chain, and compares with all checkpoints, where they are given.
pub async fn verify_all(
    connection: &mut PgConnection,
    checkpoints: Option<All>,
    mut progress: impl FnMut(Progress<'_>),
) -> anyhow::Result<Vec<ChainReport>> {
    let mut compared = BTreeMap::new();
    let known = audit_log::verifications(connection).await?;
    compare(connection, verified_before(&known), &mut compared).await?;
    if let Some(checkpoints) = checkpoints {
        let goes_on = |left| {
            progress(Progress::Checkpoints(left));
            true
        };
        compare_all(connection, checkpoints, &mut compared, goes_on).await?;
    }
    let mut chains: BTreeSet<String> = audit_log::chains(connection).await?.into_iter().collect();
    chains.extend(compared.keys().cloned());
    let mut reports = Vec::new();
    for chain in chains {
        let compared = compared.remove(&chain).unwrap_or_default();
        reports.push(verify_chain(connection, chain, &compared, &mut progress).await?);
    }
    Ok(reports)
}

async fn verify_chain(
    connection: &mut PgConnection,
    chain: String,
    compared: &Compared,
    progress: &mut impl FnMut(Progress<'_>),
) -> Result<ChainReport, Error> {
    let on_page = |rows| {
        progress(Progress::Rows(&chain, rows));
        false
    };
    let walk = walk(connection, &chain, Place::start(), on_page).await?;
    let broken = compared.verdict(&walk);
    Ok(ChainReport { chain, rows: walk.rows, compared: compared.places, broken })
}
