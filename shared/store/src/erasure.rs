//! Erasing a person: what is known about them goes, and their id stays, so that nothing that comes later brings them back.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::blocked_keys::{self, Queue};

/// Whom to erase, and where to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person<'a> {
    /// Which user.
    pub user_id: &'a str,
    /// The consumer whose parked events may be about them.
    pub consumer: &'a str,
    /// The topics whose records may be about them.
    pub topics: &'a [&'a str],
}

/// What an erasure came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// When the person was erased first.
    pub erased_at: OffsetDateTime,
    /// Whether that is now.
    pub is_first: bool,
    /// Authentication events that told from where.
    pub auth_events: u64,
    /// Events that waited.
    pub parked: u64,
    /// Dead letters that had their bytes.
    pub dead_letters: u64,
}

impl Erased {
    /// Whether anything was there to be erased.
    #[must_use]
    pub fn has_changed(&self) -> bool {
        self.is_first || self.auth_events + self.parked + self.dead_letters > 0
    }
}

/// Erases a person. None where nothing is known of them: then the caller rolls back.
///
/// The locks are taken in the engine's order, first those of all queues in which something of theirs can stand and then that of the
/// user: a batch with events of theirs is either before this, and what it wrote is erased, or behind it, and finds the person erased.
pub async fn erase(
    connection: &mut PgConnection,
    person: &Person<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<Option<Erased>> {
    let mut queues = lock_queues(connection, person, now).await?;
    let user = sqlx::query_file!("queries/erase_user.sql", person.user_id, now).fetch_one(&mut *connection).await?;
    let auth_events = clear_auth_events(connection, person.user_id).await?;
    let letters: Vec<i64> = sqlx::query_scalar!(
        r#"select erase_dead_letters($1, $2, $3) as "dead_letter_id!""#,
        person.user_id,
        person.topics as &[&str],
        now
    )
    .fetch_all(&mut *connection)
    .await?;
    let parked = remove_parked(connection, person, &letters, &mut queues, now).await?;
    blocked_keys::settle(connection, person.consumer, &queues, now).await?;
    let erased = Erased {
        erased_at: user.erased_at,
        is_first: user.is_first,
        auth_events,
        parked,
        dead_letters: u64::try_from(letters.len()).unwrap_or(u64::MAX),
    };
    let is_known = user.was_there || erased.parked + erased.dead_letters > 0 || user.is_on_record;
    Ok(is_known.then_some(erased))
}

/// Locks the person's own queues and those of what is parked of them under other keys, in one order.
async fn lock_queues(
    connection: &mut PgConnection,
    person: &Person<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<Queue>> {
    let key = Some(person.user_id.as_bytes());
    let mut queues: Vec<Queue> = person.topics.iter().map(|topic| Queue::of(topic, 0, 0, key)).collect();
    let about = find_parked(connection, person, &[]).await?;
    queues.extend(about.into_iter().map(|(_, queue)| queue));
    blocked_keys::block(connection, person.consumer, &queues, now).await?;
    Ok(queues)
}

async fn clear_auth_events(connection: &mut PgConnection, user_id: &str) -> sqlx::Result<u64> {
    sqlx::query!(
        "update user_auth_events set ip_address = null, user_agent = null
         where user_id = $1 and (ip_address is not null or user_agent is not null)",
        user_id
    )
    .execute(connection)
    .await
    .map(|cleared| cleared.rows_affected())
}

/// What is parked of the person, under whatever key, or was one of these dead letters; and the queues in which it stands.
async fn find_parked(
    connection: &mut PgConnection,
    person: &Person<'_>,
    letters: &[i64],
) -> sqlx::Result<Vec<(i64, Queue)>> {
    let rows = sqlx::query_file!(
        "queries/find_parked_events_of_person.sql",
        person.consumer,
        person.topics as &[&str],
        person.user_id,
        letters
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.parked_id, Queue { topic: row.topic, queue: row.queue })).collect())
}

/// Removes what is parked of the person, as if it had come after something newer. What was parked under another key since the queues
/// were locked adds its own, out of order: whoever holds that may wait for this, and then one of the two fails and is tried again.
async fn remove_parked(
    connection: &mut PgConnection,
    person: &Person<'_>,
    letters: &[i64],
    queues: &mut Vec<Queue>,
    now: OffsetDateTime,
) -> sqlx::Result<u64> {
    let (ids, mut late): (Vec<i64>, Vec<Queue>) = find_parked(connection, person, letters).await?.into_iter().unzip();
    late.retain(|queue| !queues.contains(queue));
    if !late.is_empty() {
        blocked_keys::block(connection, person.consumer, &late, now).await?;
        queues.append(&mut late);
    }
    let removed = sqlx::query_file_scalar!("queries/erase_parked_events.sql", &ids).fetch_one(connection).await?;
    Ok(removed.unsigned_abs())
}
