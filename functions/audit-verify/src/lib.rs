#![doc = include_str!("../README.md")]

mod broken;
mod chain;
mod checkpoint;
mod compare;
mod full;
mod verified;
mod verifier;
mod verify;
mod walk;

pub use broken::{Broken, How};
pub use checkpoint::{All, Checkpoint, Checkpoints, Head};
pub use full::{ChainReport, Progress, verify_all};
pub use verified::{BrokenChain, Checkpointed, Verified};
pub use verifier::Verifier;
pub use verify::AuditVerify;
