//! The stock of articles and its ledger.

pub(crate) mod adjustments;
mod answer;
pub(crate) mod list;
pub(crate) mod show;
