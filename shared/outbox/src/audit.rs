use events::{Data, Event, Source, SystemAudit, uuid_v7_at};
use store::PgConnection;
use time::OffsetDateTime;

use crate::{WriteError, write};

/// Writes to the outbox that somebody did something that has to be on record, in the transaction in which it is done, and gives the
/// shards to [`drain`](crate::drain()) once that has committed. What one actor does is published in the order of commits.
pub async fn audit(
    connection: &mut PgConnection,
    topic: &str,
    source: &Source,
    done: SystemAudit,
    now: OffsetDateTime,
) -> Result<Vec<i16>, WriteError> {
    store::outbox::lock_key(connection, topic, done.user_id.as_str()).await?;
    let event = Event {
        id: uuid_v7_at(now).into(),
        source: source.clone(),
        time: now,
        subject: None,
        sequence: None,
        correlation_id: None,
        causation_id: None,
        traceparent: None,
        data: Data::SystemAudit(done),
    };
    write(connection, topic, &[event]).await
}
