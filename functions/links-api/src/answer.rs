use serde::Serialize;
use store::links::Link;
use time::OffsetDateTime;
use url::Url;
use uuid::Uuid;

/// A link, as it is shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LinkAnswer {
    link_id: Uuid,
    code: String,
    short_url: String,
    target: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

impl LinkAnswer {
    pub(crate) fn of(link: Link, base: &Url) -> Self {
        Self {
            short_url: format!("{base}{}", link.code),
            link_id: link.link_id,
            code: link.code,
            target: link.target,
            created_at: link.created_at,
        }
    }
}
