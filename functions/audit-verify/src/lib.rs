#![doc = include_str!("../README.md")]

mod accept;
mod broken;
mod chain;
mod checkpoint;
mod compare;
mod full;
mod removed;
mod verified;
mod verifier;
mod verify;
mod walk;

pub use accept::{Acceptance, accept, forget};
pub use broken::{Broken, How};
pub use checkpoint::{Accepted, All, Checkpoint, Checkpoints, Extent, Head, Last, Stood};
pub use full::{ChainReport, Progress, Report, verify_all};
pub use verified::{BrokenChain, Checkpointed, Verified};
pub use verifier::Verifier;
pub use verify::AuditVerify;
