use std::collections::{BTreeMap, HashMap};

use sqlx::PgConnection;
use time::{Date, OffsetDateTime};

use super::Happened;
use super::fold::{Growth, Sums, day, fold};

/// What is known of a thread that is locked.
struct Locked {
    course_id: String,
    is_deleted: bool,
}

/// Brings what happened into the sums of the threads, their periods and their courses. The last step of a transaction: it holds the rows
/// of the threads, and then those of the courses, each in their order, until the end. Fails where a thread is not there.
pub async fn add(connection: &mut PgConnection, happened: &[Happened]) -> sqlx::Result<()> {
    let threads = fold(happened);
    let changed: BTreeMap<&str, &Growth<'_>> =
        threads.iter().filter(|(_, growth)| growth.has_changed).map(|(id, growth)| (*id, growth)).collect();
    let locked = if changed.is_empty() { HashMap::new() } else { lock(connection, &changed).await? };
    if locked.len() < changed.len() {
        return Err(sqlx::Error::RowNotFound);
    }
    if !changed.is_empty() {
        update_threads(connection, &changed).await?;
    }
    let courses = courses(&threads, &locked)?;
    add_periods(connection, &threads, &courses).await?;
    add_days(connection, &days(&threads, &courses, &locked)).await
}

/// In the order of their ids: two transactions cannot each hold one that the other waits for.
async fn lock(
    connection: &mut PgConnection,
    threads: &BTreeMap<&str, &Growth<'_>>,
) -> sqlx::Result<HashMap<String, Locked>> {
    let rows = sqlx::query!(
        r#"select thread_id, course_id, deleted_at is not null as "is_deleted!"
           from thread_aggregates where thread_id = any($1) order by thread_id for no key update"#,
        &threads.keys().copied().collect::<Vec<_>>() as &[&str]
    )
    .fetch_all(connection)
    .await?;
    let locked = |course_id, is_deleted| Locked { course_id, is_deleted };
    Ok(rows.into_iter().map(|row| (row.thread_id, locked(row.course_id, row.is_deleted))).collect())
}

async fn update_threads(connection: &mut PgConnection, threads: &BTreeMap<&str, &Growth<'_>>) -> sqlx::Result<()> {
    let [views, comments, up_votes, down_votes] = columns(threads.values().map(|growth| growth.sums));
    let (title_sequences, titles): (Vec<Option<&str>>, Vec<Option<&str>>) =
        threads.values().map(|growth| growth.title.unzip()).unzip();
    sqlx::query_file!(
        "queries/update_thread_aggregates.sql",
        &threads.keys().copied().collect::<Vec<_>>() as &[&str],
        &views,
        &comments,
        &up_votes,
        &down_votes,
        &titles as &[Option<&str>],
        &title_sequences as &[Option<&str>],
        &threads.values().map(|growth| growth.last_activity_at).collect::<Vec<_>>() as &[Option<OffsetDateTime>],
        &threads.values().map(|growth| growth.deleted_at).collect::<Vec<_>>() as &[Option<OffsetDateTime>],
    )
    .execute(connection)
    .await
    .map(drop)
}

/// The course of each thread.
fn courses<'a>(
    threads: &'a BTreeMap<&str, Growth<'_>>,
    locked: &'a HashMap<String, Locked>,
) -> sqlx::Result<BTreeMap<&'a str, &'a str>> {
    let mut courses = BTreeMap::new();
    for (id, growth) in threads {
        let course_id = locked.get(*id).map(|thread| thread.course_id.as_str());
        let course_id = course_id.or_else(|| growth.created.map(|(course_id, _)| course_id));
        courses.insert(*id, course_id.ok_or(sqlx::Error::RowNotFound)?);
    }
    Ok(courses)
}

async fn add_periods(
    connection: &mut PgConnection,
    threads: &BTreeMap<&str, Growth<'_>>,
    courses: &BTreeMap<&str, &str>,
) -> sqlx::Result<()> {
    let (mut course_ids, mut thread_ids, mut periods, mut firsts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut sums = Vec::new();
    for (id, growth) in threads {
        for ((period, starts_on), sum) in growth.periods() {
            course_ids.push(courses[*id]);
            thread_ids.push(*id);
            periods.push(period);
            firsts.push(starts_on);
            sums.push(sum);
        }
    }
    let [views, comments, up_votes, down_votes] = columns(sums.into_iter());
    sqlx::query_file!(
        "queries/add_thread_periods.sql",
        &course_ids as &[&str],
        &thread_ids as &[&str],
        &periods as &[&str],
        &firsts,
        &views,
        &comments,
        &up_votes,
        &down_votes
    )
    .execute(connection)
    .await
    .map(drop)
}

/// By how many the threads of each course became more on each day, and what happened in them. Of a thread that was deleted before, no
/// other deletion counts.
fn days<'a>(
    threads: &BTreeMap<&str, Growth<'_>>,
    courses: &BTreeMap<&'a str, &'a str>,
    locked: &HashMap<String, Locked>,
) -> BTreeMap<(&'a str, Date), (i64, Sums)> {
    let mut days = BTreeMap::<(&str, Date), (i64, Sums)>::new();
    for (id, growth) in threads {
        let course_id = courses[*id];
        for (day, sums) in &growth.days {
            days.entry((course_id, *day)).or_default().1 += *sums;
        }
        if let Some((_, created_at)) = growth.created {
            days.entry((course_id, day(created_at))).or_default().0 += 1;
        }
        let was_deleted = locked.get(*id).is_some_and(|thread| thread.is_deleted);
        if let Some(deleted_at) = growth.deleted_at.filter(|_| !was_deleted) {
            days.entry((course_id, day(deleted_at))).or_default().0 -= 1;
        }
    }
    days
}

async fn add_days(connection: &mut PgConnection, courses: &BTreeMap<(&str, Date), (i64, Sums)>) -> sqlx::Result<()> {
    let (course_ids, days): (Vec<&str>, Vec<Date>) = courses.keys().copied().unzip();
    let threads: Vec<i64> = courses.values().map(|(threads, _)| *threads).collect();
    let [views, comments, up_votes, down_votes] = columns(courses.values().map(|(_, sums)| *sums));
    sqlx::query_file!(
        "queries/add_course_days.sql",
        &course_ids as &[&str],
        &days,
        &threads,
        &views,
        &comments,
        &up_votes,
        &down_votes
    )
    .execute(connection)
    .await
    .map(drop)
}

/// Each of the sums in a list of its own.
fn columns(sums: impl Iterator<Item = Sums>) -> [Vec<i64>; 4] {
    let mut columns: [Vec<i64>; 4] = [const { Vec::new() }; 4];
    for Sums(row) in sums {
        columns.iter_mut().zip(row).for_each(|(column, sum)| column.push(sum));
    }
    columns
}
