/// A topic that functions publish to or consume from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Clicks on short links, keyed by short code.
    LinkClicks,
    /// What happens to users, keyed by user id.
    UserEvents,
    /// What has to be on record, keyed by the id of who did it.
    SystemAudit,
    /// What happens in a shop, keyed by order id, and by SKU where it is about stock.
    OrderEvents,
    /// What happens in discussions, keyed by thread id.
    DiscussionEvents,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::LinkClicks, Self::UserEvents, Self::SystemAudit, Self::OrderEvents, Self::DiscussionEvents];

    /// The name where the environment gives no other.
    #[must_use]
    pub fn default_name(self) -> &'static str {
        match self {
            Self::LinkClicks => "link.clicks",
            Self::UserEvents => "user.events",
            Self::SystemAudit => "system.audit",
            Self::OrderEvents => "order.events",
            Self::DiscussionEvents => "discussion.events",
        }
    }

    /// The environment variable that gives another name.
    #[must_use]
    pub fn variable(self) -> &'static str {
        match self {
            Self::LinkClicks => "TOPIC_LINK_CLICKS",
            Self::UserEvents => "TOPIC_USER_EVENTS",
            Self::SystemAudit => "TOPIC_SYSTEM_AUDIT",
            Self::OrderEvents => "TOPIC_ORDER_EVENTS",
            Self::DiscussionEvents => "TOPIC_DISCUSSION_EVENTS",
        }
    }
}
