//! Compares what a journal says with what the database holds.

mod compare;
mod expected;
mod found;
mod shown;
mod verdict;

use sqlx::PgConnection;

use crate::Content;

pub use compare::compare;
pub use expected::Expected;
pub use found::Found;
pub use shown::lines;
pub use verdict::{Table, Verdict};

/// What the database holds of a journal's shop, beside what it should. It is read in one snapshot.
pub async fn verify(connection: &mut PgConnection, content: &Content) -> anyhow::Result<Verdict> {
    let expected = Expected::of(content)?;
    let found = Found::read(connection, &content.header.name, &expected).await?;
    Ok(compare(&expected, &found))
}
