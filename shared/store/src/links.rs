//! `links`: where each code leads.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// A short link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// A `UUIDv7`; what clicks refer to.
    pub link_id: Uuid,
    /// What follows the slash of the short URL.
    pub code: String,
    /// Where it leads.
    pub target: String,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

/// Inserts the link, unless its code is taken: then it says false.
pub async fn insert(connection: &mut PgConnection, link: &Link) -> sqlx::Result<bool> {
    sqlx::query!(
        "insert into links (link_id, code, target, created_at) values ($1, $2, $3, $4)
         on conflict on constraint links_code_key do nothing",
        link.link_id,
        link.code,
        link.target,
        link.created_at
    )
    .execute(connection)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// The link of a code.
pub async fn find(connection: &mut PgConnection, code: &str) -> sqlx::Result<Option<Link>> {
    sqlx::query_as!(Link, "select link_id, code, target, created_at from links where code = $1", code)
        .fetch_optional(connection)
        .await
}
