use api::Failure;
use events::{Source, SystemAudit};
use store::PgConnection;
use time::OffsetDateTime;

use crate::ReadApi;

/// What the events of this function have as their source.
const SOURCE: &str = "/onceward/read-api";

impl ReadApi {
    /// Writes to the outbox, in the transaction of what was done, that it was; and gives what is to be drained after it.
    pub(crate) async fn audit(
        &self,
        connection: &mut PgConnection,
        done: SystemAudit,
        now: OffsetDateTime,
    ) -> Result<Vec<i16>, Failure> {
        let source = Source::new(SOURCE).expect("a short text");
        let written = outbox::audit(connection, &self.system_audit, &source, done, now).await;
        Ok(written.map_err(store::Error::from)?)
    }

    /// Publishes what was written, now that it has committed. What cannot be published at once the relay does.
    pub(crate) async fn drain(&self, shards: &[i16]) {
        self.publishing.drain(&self.pool, shards).await;
    }
}
