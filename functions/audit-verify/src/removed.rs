use crate::checkpoint::Extent;
use store::audit_log::Verification;

/// Why checkpoints must have been removed, where they were: the topic keeps all for ever.
pub(crate) fn removed(extent: Extent, has_checkpoint: bool, known: &[Verification]) -> Option<&'static str> {
    let verified_before = |known: &Verification| known.verified.seq > 0 || known.completed_at.is_some();
    match extent {
        Extent { low: 1.., .. } => Some("the topic of the checkpoints does not begin with its first record"),
        Extent { end: 1.., .. } if !has_checkpoint => {
            Some("there is no checkpoint in the topic that something was written to")
        }
        Extent { end: 0, .. } if known.iter().any(verified_before) => {
            Some("the topic of the checkpoints is empty, and chains were verified before")
        }
        _ => None,
    }
}
