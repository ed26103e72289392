//! Compares what a journal says with what the database holds.

mod compare;
mod expected;
mod found;
mod groups;
mod patience;
mod shown;
mod told;
mod verdict;

use sqlx::PgConnection;

pub use compare::compare;
pub use expected::Expected;
pub use found::Found;
pub use groups::Groups;
pub use patience::Patience;
pub use shown::lines;
pub use told::{Adjustment, Order, Payment, Standing, Told, User};
pub use verdict::{Table, Unread, Verdict};

/// What the database holds of a journal's shop, beside what it should. It is read in one snapshot.
pub async fn verify(connection: &mut PgConnection, expected: &Expected, groups: &mut Groups) -> sqlx::Result<Verdict> {
    // Asked first: what a group has come past then, its consumer has written before the snapshot.
    let unread = groups.unread().await;
    let found = Found::read(connection, expected).await?;
    Ok(Verdict { unread, ..compare(expected, &found) })
}
