//! Orders and their payments.

mod answer;
pub(crate) mod list;
pub(crate) mod payments;
pub(crate) mod show;

pub(crate) use answer::SummaryAnswer;
