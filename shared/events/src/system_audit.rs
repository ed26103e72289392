use serde::{Deserialize, Serialize};

use crate::{Text, UserId};

/// `system.audit` 1.0: somebody did something that has to be on record. It is kept for ever, so it refers to people by their ids and
/// says nothing else about them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SystemAudit {
    /// What kind of event that was, such as `key.created`.
    pub event_type: Text<128>,
    /// Who did it: a user, or `key:` with the id of an API key, or `operator:` with a name. The latter two Onceward alone says.
    pub user_id: UserId,
    /// What was done, such as `create`.
    pub action: Text<128>,
    /// What it was done to, such as `keys/k1`.
    pub resource: Text<512>,
    /// How it ended, such as `success`.
    pub status: Text<32>,
    /// What else there is to say, such as a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Text<1024>>,
}
