//! `stack prepare`, and what `stack up` does once the servers answer.

use crate::say::say;
use crate::settings::Settings;
use crate::{database, topics};

/// Where servers are reached.
pub(super) struct Servers<'a> {
    /// PostgreSQL, as its superuser and without a database.
    pub(super) postgres: &'a str,
    /// The database, as the role that owns its tables.
    pub(super) owner: &'a str,
    /// Kafka's bootstrap servers.
    pub(super) kafka: &'a str,
}

/// Makes what is missing of the topics, the roles, the database and the tables.
pub(super) async fn prepare(settings: &Settings, servers: Servers<'_>) -> anyhow::Result<()> {
    let made = topics::make(settings, servers.kafka).await?;
    if !made.is_empty() {
        say(&format!("made the topics {}", made.join(", ")));
    }
    database::prepare(servers.postgres).await?;
    say(&applied_line(&store::migrate(servers.owner).await?));
    Ok(())
}

/// Which migrations were applied, for a person.
pub(super) fn applied_line(applied: &[String]) -> String {
    if applied.is_empty() {
        return "no migration was missing".into();
    }
    format!("applied the migrations {}", applied.join(", "))
}
