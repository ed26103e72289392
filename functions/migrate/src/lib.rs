//! Applies what is missing of the migrations, and makes partitions ahead.

use serde::Serialize;

/// What an invocation answers.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// The migrations that it applied, as number and name, in their order.
    pub applied: Vec<String>,
}

/// Applies the migrations to the database of this URL, which is its owner's.
pub async fn handle(owner_url: &str) -> anyhow::Result<Applied> {
    let applied = store::migrate(owner_url).await?;
    tracing::info!(migrations.applied = applied.len(), "Database is up to date");
    Ok(Applied { applied })
}
