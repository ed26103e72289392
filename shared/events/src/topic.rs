/// A topic that functions publish to or consume from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Clicks on short links, keyed by short code.
    LinkClicks,
}

impl Topic {
    /// The name where the environment gives no other.
    #[must_use]
    pub fn default_name(self) -> &'static str {
        match self {
            Self::LinkClicks => "link.clicks",
        }
    }

    /// The environment variable that gives another name.
    #[must_use]
    pub fn variable(self) -> &'static str {
        match self {
            Self::LinkClicks => "TOPIC_LINK_CLICKS",
        }
    }
}
