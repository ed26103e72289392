//! What the database says, in the time that it has.

use std::time::{Duration, Instant};

use store::health::Health;
use store::outbox::{self, Backlog};
use store::{Connection as _, PgConnection, PgPool, health};
use time::OffsetDateTime;
use tokio::time::{Instant as Deadline, timeout_at};

use super::document::{ServerCheck, Status};

/// What it knows of how things go.
pub(super) struct Known {
    pub(super) health: Health,
    pub(super) outbox: Backlog,
}

/// Whether it answers, and what it knows; both are given up after `patience`.
pub(super) async fn ask(
    pool: &PgPool,
    patience: Duration,
    failed_after: OffsetDateTime,
) -> (ServerCheck, Option<Known>) {
    let (began, deadline) = (Instant::now(), Deadline::now() + patience);
    let mut connection = match timeout_at(deadline, pool.acquire()).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return (away(&error.to_string()), None),
        Err(_) => return (away("no connection in time"), None),
    };
    let mut took = None;
    match timeout_at(deadline, read(&mut connection, patience, failed_after, || took = Some(began.elapsed()))).await {
        Ok(Ok(known)) => (ServerCheck::of(Status::Ok, took, None), Some(known)),
        Ok(Err(error)) if took.is_some() => (lame(took, &error.to_string()), None),
        Ok(Err(error)) => (away(&error.to_string()), None),
        Err(_) => {
            // It may still be busy, or gone without a word: nobody else is to wait for it.
            connection.close_on_drop();
            (if took.is_some() { lame(took, "no answer in time") } else { away("no answer in time") }, None)
        }
    }
}

/// Says when the first statement is answered, which asks for nothing.
async fn read(
    connection: &mut PgConnection,
    limit: Duration,
    failed_after: OffsetDateTime,
    answered: impl FnOnce(),
) -> Result<Known, store::Error> {
    let mut transaction = connection.begin().await?;
    store::limit_transaction(&mut transaction, limit).await?;
    answered();
    let health = health::read(&mut transaction, failed_after).await?;
    let outbox = outbox::backlog(&mut transaction).await?;
    transaction.rollback().await?;
    Ok(Known { health, outbox })
}

fn away(error: &str) -> ServerCheck {
    tracing::warn!(error.message = error, "The database does not answer");
    ServerCheck::of(Status::Down, None, Some("It does not answer."))
}

fn lame(took: Option<Duration>, error: &str) -> ServerCheck {
    tracing::warn!(error.message = error, "The database answers, and does not say how things go");
    ServerCheck::of(Status::Degraded, took, Some("It answers, and does not say how things go. The log says more."))
}
