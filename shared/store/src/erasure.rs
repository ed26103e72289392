//! Erasing a person: what is known about them goes, and their id stays, so that nothing that comes later brings them back.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::blocked_keys::{self, Queue};

/// The consumers whose events may be about people, in the order of their names, and what becomes of those that wait there.
pub const CONSUMERS: [(&str, Waiting); 3] =
    [("discussion-consumer", Waiting::Tried), ("event-fanout", Waiting::Removed), ("order-consumer", Waiting::Tried)];

/// What becomes of events of the person that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// They are about the person, whose id is their key, and go.
    Removed,
    /// They are about something else that has no more of the person than the id, such as an order or a thread, whose id is their key.
    /// They are applied all the same, and their bytes go with that: at once where they wait for the row of the user, which is there now.
    /// One that stands behind another goes when that does, and what somebody sent on goes.
    Tried,
}

impl Waiting {
    /// Whether the keys of the consumer's records are ids of people.
    #[must_use]
    pub fn is_keyed_by_person(self) -> bool {
        self == Self::Removed
    }
}

/// Whom to erase, and where to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person<'a> {
    /// Which user.
    pub user_id: &'a str,
    /// Where events may be about them, in the order of the consumers' names.
    pub places: &'a [Place<'a>],
}

/// A consumer whose events may be about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The consumer.
    pub consumer: &'a str,
    /// Its topics whose records may be about them.
    pub topics: &'a [&'a str],
    /// What becomes of those that wait.
    pub waiting: Waiting,
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
    /// Events that waited, and are gone.
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
    let mut queues = Vec::with_capacity(person.places.len());
    for place in person.places {
        queues.push(lock_queues(connection, person.user_id, place, now).await?);
    }
    let user = sqlx::query_file!("queries/erase_user.sql", person.user_id, now).fetch_one(&mut *connection).await?;
    let auth_events = clear_auth_events(connection, person.user_id).await?;
    let topics: Vec<&str> = person.places.iter().flat_map(|place| place.topics).copied().collect();
    let keyed = person.places.iter().filter(|place| place.waiting.is_keyed_by_person());
    let letters: Vec<i64> = sqlx::query_scalar!(
        r#"select erase_dead_letters($1, $2, $3, $4) as "dead_letter_id!""#,
        person.user_id,
        &topics as &[&str],
        &keyed.flat_map(|place| place.topics).copied().collect::<Vec<_>>() as &[&str],
        now
    )
    .fetch_all(&mut *connection)
    .await?;
    let (mut parked, mut tried) = (0, 0);
    for (place, queues) in person.places.iter().zip(&mut queues) {
        let (removed, woken) = let_go(connection, person.user_id, place, &letters, queues, now).await?;
        blocked_keys::settle(connection, place.consumer, queues, now).await?;
        parked += removed;
        tried += woken;
    }
    let erased = Erased {
        erased_at: user.erased_at,
        is_first: user.is_first,
        auth_events,
        parked,
        dead_letters: u64::try_from(letters.len()).unwrap_or(u64::MAX),
    };
    let is_known = user.was_there || erased.parked + tried + erased.dead_letters > 0 || user.is_on_record;
    Ok(is_known.then_some(erased))
}

/// Locks the person's own queues and those of what is parked of them under other keys, in one order.
async fn lock_queues(
    connection: &mut PgConnection,
    user_id: &str,
    place: &Place<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<Queue>> {
    let key = Some(user_id.as_bytes());
    let own = place.topics.iter().filter(|_| place.waiting.is_keyed_by_person());
    let mut queues: Vec<Queue> = own.map(|topic| Queue::of(topic, 0, 0, key)).collect();
    let about = find_parked(connection, user_id, place, &[]).await?;
    queues.extend(about.into_iter().map(|parked| parked.queue));
    blocked_keys::block(connection, place.consumer, &queues, now).await?;
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

/// An event of the person that waits.
struct Parked {
    id: i64,
    queue: Queue,
    /// Whether it is one of the letters that were erased, sent on by somebody.
    was_letter: bool,
}

/// What is parked of the person, under whatever key, or was one of these dead letters; and the queues in which it stands.
async fn find_parked(
    connection: &mut PgConnection,
    user_id: &str,
    place: &Place<'_>,
    letters: &[i64],
) -> sqlx::Result<Vec<Parked>> {
    let rows = sqlx::query_file!(
        "queries/find_parked_events_of_person.sql",
        place.consumer,
        place.topics as &[&str],
        user_id,
        letters,
        place.waiting.is_keyed_by_person()
    )
    .fetch_all(connection)
    .await?;
    let parked = rows.into_iter().map(|row| Parked {
        id: row.parked_id,
        queue: Queue { topic: row.topic, queue: row.queue },
        was_letter: row.was_letter,
    });
    Ok(parked.collect())
}

/// Removes what is parked of the person, as if it had come after something newer, or has it tried at once; says how many of each. What
/// was parked under another key since the queues were locked adds its own, out of order: whoever holds that may wait for this, and then
/// one of the two fails and is tried again.
async fn let_go(
    connection: &mut PgConnection,
    user_id: &str,
    place: &Place<'_>,
    letters: &[i64],
    queues: &mut Vec<Queue>,
    now: OffsetDateTime,
) -> sqlx::Result<(u64, u64)> {
    let parked = find_parked(connection, user_id, place, letters).await?;
    let mut late: Vec<Queue> = parked.iter().map(|parked| parked.queue.clone()).collect();
    late.retain(|queue| !queues.contains(queue));
    if !late.is_empty() {
        blocked_keys::block(connection, place.consumer, &late, now).await?;
        queues.append(&mut late);
    }
    let goes = |parked: &Parked| place.waiting == Waiting::Removed || parked.was_letter;
    let (removed, tried): (Vec<Parked>, Vec<Parked>) = parked.into_iter().partition(goes);
    let (removed, tried) = (ids(&removed), ids(&tried));
    let gone =
        sqlx::query_file_scalar!("queries/erase_parked_events.sql", &removed).fetch_one(&mut *connection).await?;
    let woken = sqlx::query!(
        "update parked_events set next_try_at = $2 where parked_id = any($1) and next_try_at is not null",
        &tried,
        now
    )
    .execute(connection)
    .await?;
    Ok((gone.unsigned_abs(), woken.rows_affected()))
}

fn ids(parked: &[Parked]) -> Vec<i64> {
    parked.iter().map(|parked| parked.id).collect()
}
