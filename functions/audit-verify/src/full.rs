use std::collections::{BTreeMap, BTreeSet};

use store::audit_log::{self, Place, Verification};
use store::{Error, PgConnection};
use time::OffsetDateTime;

use crate::broken::Broken;
use crate::checkpoint::{Accepted, All, Checkpoint};
use crate::compare::{Compared, compare};
use crate::removed::removed;
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

/// What a full verification says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Of each chain.
    pub chains: Vec<ChainReport>,
    /// What was accepted, and when, in its order.
    pub accepted: Vec<(OffsetDateTime, Accepted)>,
    /// Why checkpoints must have been removed, where they were.
    pub removed: Option<&'static str>,
}

/// What was found in the checkpoints.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Whether there is any.
    pub(crate) any: bool,
    /// Whether all were compared.
    pub(crate) all: bool,
    /// What was accepted, and when.
    pub(crate) accepted: Vec<(OffsetDateTime, Accepted)>,
    /// How the chains compare with them; of one that was accepted, with what follows.
    pub(crate) compared: BTreeMap<String, Compared>,
}

/// Compares rows with all checkpoints.
pub(crate) async fn compare_all(
    connection: &mut PgConnection,
    mut checkpoints: All,
    mut goes_on: impl FnMut(u64) -> bool,
) -> anyhow::Result<Seen> {
    let mut seen = Seen::default();
    while let Some(some) = checkpoints.next(TOGETHER).await? {
        let places = seen.take(some);
        compare(connection, places, &mut seen.compared).await?;
        if !goes_on(checkpoints.left()) && checkpoints.left() > 0 {
            return Ok(seen);
        }
    }
    seen.all = true;
    Ok(seen)
}

impl Seen {
    /// The places that these are to be compared with.
    fn take(&mut self, checkpoints: Vec<Checkpoint>) -> Vec<(String, Place)> {
        let mut places: Vec<(String, Place)> = Vec::new();
        for mut checkpoint in checkpoints {
            self.any = true;
            if let Some(accepted) = checkpoint.accepted.take() {
                places.retain(|(chain, _)| *chain != accepted.chain);
                self.compared.remove(&accepted.chain);
                self.accepted.push((checkpoint.at, accepted));
            }
            places.extend(checkpoint.places());
        }
        places
    }
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
) -> anyhow::Result<Report> {
    let known = audit_log::verifications(connection).await?;
    let (mut seen, mut gone) = (Seen::default(), None);
    if let Some(checkpoints) = checkpoints {
        let goes_on = |left| {
            progress(Progress::Checkpoints(left));
            true
        };
        let extent = checkpoints.extent();
        seen = compare_all(connection, checkpoints, goes_on).await?;
        gone = removed(extent, seen.any, &known);
    }
    let mut compared = seen.compared;
    compare(connection, verified_before(&known), &mut compared).await?;
    let mut names: BTreeSet<String> = audit_log::chains(connection).await?.into_iter().collect();
    names.extend(compared.keys().cloned());
    let mut chains = Vec::new();
    for chain in names {
        let compared = compared.remove(&chain).unwrap_or_default();
        chains.push(verify_chain(connection, chain, &compared, &mut progress).await?);
    }
    Ok(Report { chains, accepted: seen.accepted, removed: gone })
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
