use std::collections::{BTreeSet, HashMap};
use std::mem;

use consumer::{Effect, differing, effects, firsts, told_again};
use store::thread_aggregates::{self, Content, Fact, Standing, Thread};
use store::{Error, PgConnection};

use crate::row::{Row, Told};

/// Writes down what took effect of rows of one group, in their order, and says what became of each. The sums grow at the end of the
/// transaction.
pub(crate) async fn write(connection: &mut PgConnection, rows: &[&Row]) -> Result<Vec<Effect>, Error> {
    let threads: Vec<&Thread> = rows.iter().filter_map(|row| row.created()).collect();
    // Those that create threads come alone.
    let effects = if threads.is_empty() { tell(connection, rows).await? } else { create(connection, &threads).await? };
    let applied = rows.iter().zip(&effects).filter(|(_, effect)| **effect == Effect::Applied);
    let facts: Vec<&Fact> = applied.map(|(row, _)| &row.fact).collect();
    thread_aggregates::record(connection, &facts).await?;
    Ok(effects)
}

async fn create(connection: &mut PgConnection, rows: &[&Thread]) -> Result<Vec<Effect>, Error> {
    let firsts = firsts(rows, |thread| &thread.thread_id);
    let new = thread_aggregates::insert(connection, &firsts).await?;
    let mut there = HashMap::new();
    if new.len() < rows.len() {
        let ids = told_again(rows.iter().map(|thread| thread.thread_id.as_str()), &new);
        there = thread_aggregates::load(connection, &ids).await?;
    }
    let told: Vec<_> = rows.iter().map(|thread| (thread.thread_id.as_str(), &thread.content)).collect();
    effects("thread", &told, new, &there, differences)
}

/// The fields, as the event calls them, in which another event of the same thread differs.
fn differences(one: &Content, other: &Content) -> Vec<String> {
    let Content { course_id, title, author_id } = one;
    differing(&[
        ("courseId", *course_id == other.course_id),
        ("title", *title == other.title),
        ("authorId", *author_id == other.author_id),
    ])
}

/// What becomes of events of threads that are there. Nothing is locked, and what this transaction has told before is not in the sums yet:
/// an edit that a newer one overtakes in between leaves its fact, and the newer title stays as it is.
async fn tell(connection: &mut PgConnection, rows: &[&Row]) -> Result<Vec<Effect>, Error> {
    let asking = rows.iter().filter(|row| matches!(row.told, Told::Edited { .. } | Told::Deleted));
    let ids: BTreeSet<&str> = asking.map(|row| row.fact.thread_id.as_str()).collect();
    let mut threads = HashMap::new();
    if !ids.is_empty() {
        threads = thread_aggregates::standing(connection, &ids.into_iter().collect::<Vec<_>>()).await?;
    }
    rows.iter().map(|row| effect(row, &mut threads)).collect()
}

/// What becomes of an event, after which the thread stands as it says.
fn effect(row: &Row, threads: &mut HashMap<String, Standing>) -> Result<Effect, Error> {
    let thread = threads.get_mut(&row.fact.thread_id).ok_or(Error::RowNotFound);
    Ok(match &row.told {
        Told::Edited { title_sequence, .. } => edit(thread?, title_sequence),
        Told::Deleted => delete(thread?),
        Told::Created(_) | Told::Viewed | Told::Active => Effect::Applied,
    })
}

fn edit(thread: &mut Standing, title_sequence: &str) -> Effect {
    if *title_sequence <= *thread.title_sequence {
        return Effect::Stale;
    }
    title_sequence.clone_into(&mut thread.title_sequence);
    Effect::Applied
}

fn delete(thread: &mut Standing) -> Effect {
    if mem::replace(&mut thread.is_deleted, true) { Effect::Duplicate } else { Effect::Applied }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(told: Told) -> Row {
        let event = testkit::thread_viewed("t-1");
        let fact = Fact {
            thread_id: event.key().to_owned(),
            event_source: event.source.to_string(),
            event_id: event.id.to_string(),
            event_type: event.event_type().name(),
            change: thread_aggregates::Change::default(),
            happened_at: event.time,
        };
        Row { fact, told }
    }

    fn edited(sequence: &str) -> Row {
        row(Told::Edited { title: "title".to_owned(), title_sequence: sequence.to_owned() })
    }

    #[test]
    fn of_edits_only_the_newer_and_of_deletions_only_the_first_take_effect() {
        let standing = Standing { title_sequence: "3".to_owned(), is_deleted: false };
        let mut threads = HashMap::from([("t-1".to_owned(), standing)]);
        for (row, expected) in [
            (edited("2"), Effect::Stale),
            (edited("5"), Effect::Applied),
            (edited("4"), Effect::Stale),
            (row(Told::Deleted), Effect::Applied),
            (row(Told::Deleted), Effect::Duplicate),
            (row(Told::Active), Effect::Applied),
            (edited("6"), Effect::Applied),
        ] {
            assert_eq!(effect(&row, &mut threads).unwrap(), expected);
        }
    }

    #[test]
    fn what_needs_a_thread_that_is_not_there_is_an_error_and_no_effect() {
        assert!(effect(&edited("1"), &mut HashMap::new()).is_err());
    }
}
