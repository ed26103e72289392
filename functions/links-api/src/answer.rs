use serde::Serialize;
use store::links::Link;
use time::OffsetDateTime;
use url::Url;
use utoipa::ToSchema;
use uuid::Uuid;

/// A link, as it is shown.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Link)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LinkAnswer {
    /// What clicks refer to.
    link_id: Uuid,
    /// What follows the slash of the short URL.
    #[schema(example = "Summer-Sale_2026")]
    code: String,
    /// What to hand out.
    #[schema(format = "uri", example = "https://short.example/Summer-Sale_2026")]
    short_url: String,
    /// Where it leads, normalised.
    #[schema(format = "uri", example = "https://example.com/sale")]
    target: String,
    /// When it was made.
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
