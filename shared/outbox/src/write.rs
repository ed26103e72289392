use events::Event;
use store::PgConnection;
use store::outbox::NewRow;
use uuid::Uuid;

/// Why events were not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// An event's id is no UUID, which the column is.
    #[error("the event's id {id} is no UUID: events of the outbox are our own, made with `events::uuid_v7_at`")]
    Id {
        /// The id.
        id: String,
    },
    /// A key is longer than an index takes, so that it could not be stopped.
    #[error("the key {key:.40}… has more than {KEY_LIMIT} bytes")]
    Key {
        /// The key.
        key: String,
    },
    /// The database's.
    #[error("the outbox could not be written")]
    Store(#[from] store::Error),
}

impl From<WriteError> for store::Error {
    /// What the outbox cannot take of our own events is a mistake of ours.
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Store(error) => error,
            error => Self::Protocol(error.to_string()),
        }
    }
}

/// The longest key, in bytes.
const KEY_LIMIT: usize = 1024;

/// Writes events to the outbox, in their order and each under its key, and gives the shards to [`drain`](crate::drain()) once the
/// transaction has committed. The caller holds the lock on the row of each key's aggregate since before (it has inserted or updated
/// it, or selected it `for update`): only so are the events of a key published in the order of commits.
pub async fn write(connection: &mut PgConnection, topic: &str, events: &[Event]) -> Result<Vec<i16>, WriteError> {
    let payloads: Vec<Vec<u8>> = events.iter().map(Event::to_structured_json).collect();
    let rows = events.iter().zip(&payloads).map(|(event, payload)| {
        let id = Uuid::parse_str(event.id.as_str()).map_err(|_| WriteError::Id { id: event.id.to_string() })?;
        if event.key().len() > KEY_LIMIT {
            return Err(WriteError::Key { key: event.key().to_owned() });
        }
        Ok(NewRow { id, topic, key: event.key(), event_type: event.event_type().name(), payload })
    });
    let rows = rows.collect::<Result<Vec<_>, WriteError>>()?;
    Ok(store::outbox::insert(connection, &rows).await?)
}
