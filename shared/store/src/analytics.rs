//! What discussions have come to, as it is read: threads, the best of a course, and courses.

use sqlx::PgConnection;
use time::{Date, Duration, OffsetDateTime};

/// A thread with its sums since ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// Which thread.
    pub thread_id: String,
    /// The course that it is in.
    pub course_id: String,
    /// The newest title.
    pub title: String,
    /// Who began it.
    pub author_id: String,
    /// How often it was viewed.
    pub views: i64,
    /// Comments, less those that were deleted.
    pub comments: i64,
    /// Votes for it: one a person, whatever it was before.
    pub up_votes: i64,
    /// Votes against it.
    pub down_votes: i64,
    /// Views + 5 comments + 3 (up - down).
    pub score: i64,
    /// When it was created, as the event says.
    pub created_at: OffsetDateTime,
    /// When anything but a view happened last.
    pub last_activity_at: OffsetDateTime,
    /// When it was deleted.
    pub deleted_at: Option<OffsetDateTime>,
}

/// A thread in a list of the best: its sums since ever, or by how much they changed in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    /// Which thread.
    pub thread_id: String,
    /// The newest title.
    pub title: String,
    /// Who began it.
    pub author_id: String,
    /// How often it was viewed.
    pub views: i64,
    /// Comments, less those that were deleted.
    pub comments: i64,
    /// Votes for it: one a person, whatever it was before.
    pub up_votes: i64,
    /// Votes against it.
    pub down_votes: i64,
    /// Views + 5 comments + 3 (up - down).
    pub score: i64,
    /// When anything but a view happened last, in the period or after it.
    pub last_activity_at: OffsetDateTime,
}

/// A course with its sums since ever, and by day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// Threads that were created, less those that were deleted.
    pub threads: i64,
    /// Views of all threads. As with all that follows, what happened in a thread stays when it is deleted.
    pub views: i64,
    /// Comments, less those that were deleted.
    pub comments: i64,
    /// Votes for threads.
    pub up_votes: i64,
    /// Votes against threads.
    pub down_votes: i64,
    /// Days on which anything happened, in their order.
    pub days: Vec<Day>,
}

/// By how much the sums of a course changed on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// Which day, in UTC.
    pub day: Date,
    /// Threads that were created, less those that were deleted.
    pub threads: i64,
    /// Views of all threads.
    pub views: i64,
    /// Comments, less those that were deleted.
    pub comments: i64,
    /// Votes for threads, less those that were taken back.
    pub up_votes: i64,
    /// Votes against threads, less those that were taken back.
    pub down_votes: i64,
}

/// A period of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// A day.
    Day,
    /// A week, which begins on a Monday.
    Week,
    /// A month.
    Month,
}

impl Span {
    /// The name, as tables and requests say it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The first day and the last of the period that a day is in.
    #[must_use]
    pub fn around(self, day: Date) -> (Date, Date) {
        match self {
            Self::Day => (day, day),
            Self::Week => {
                let gone = Duration::days(day.weekday().number_days_from_monday().into());
                let monday = day.saturating_sub(gone);
                (monday, monday.saturating_add(Duration::days(6)))
            }
            Self::Month => {
                let of = |number| day.replace_day(number).expect("a day of that month");
                (of(1), of(day.month().length(day.year())))
            }
        }
    }
}

/// The thread of an id, deleted or not.
pub async fn thread(connection: &mut PgConnection, thread_id: &str) -> sqlx::Result<Option<Thread>> {
    sqlx::query_as!(
        Thread,
        "select thread_id, course_id, title, author_id, views, comments, up_votes, down_votes, score, created_at,
             last_activity_at, deleted_at
         from thread_aggregates where thread_id = $1",
        thread_id
    )
    .fetch_optional(connection)
    .await
}

/// The threads of a course with the highest scores since ever, at most so many, without those that were deleted. Of two with one score
/// the one with the lesser id comes first.
pub async fn top(connection: &mut PgConnection, course_id: &str, limit: i64) -> sqlx::Result<Vec<Ranked>> {
    sqlx::query_as!(
        Ranked,
        "select thread_id, title, author_id, views, comments, up_votes, down_votes, score, last_activity_at
         from thread_aggregates
         where course_id = $1 and deleted_at is null
         order by score desc, thread_id
         limit $2",
        course_id,
        limit
    )
    .fetch_all(connection)
    .await
}

/// The same by what happened in the period that begins on that day: a thread to which nothing happened is not among them.
pub async fn top_of_period(
    connection: &mut PgConnection,
    course_id: &str,
    (span, starts_on): (Span, Date),
    limit: i64,
) -> sqlx::Result<Vec<Ranked>> {
    sqlx::query_file_as!(Ranked, "queries/list_top_threads_of_period.sql", course_id, span.name(), starts_on, limit)
        .fetch_all(connection)
        .await
}

/// Whether an event told of such a course.
pub async fn is_course(connection: &mut PgConnection, course_id: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from course_days where course_id = $1) as "is_there!""#, course_id)
        .fetch_one(connection)
        .await
}

/// A course with its days from that one on. None where no event told of it.
pub async fn course(connection: &mut PgConnection, course_id: &str, from: Date) -> sqlx::Result<Option<Course>> {
    let row = sqlx::query_file!("queries/show_course.sql", course_id, from).fetch_optional(connection).await?;
    Ok(row.map(|row| {
        let happened = row.day_views.into_iter().zip(row.day_comments).zip(row.day_up_votes).zip(row.day_down_votes);
        let days = row.days.into_iter().zip(row.day_threads).zip(happened);
        let day = |((day, threads), (((views, comments), up_votes), down_votes))| Day {
            day,
            threads,
            views,
            comments,
            up_votes,
            down_votes,
        };
        Course {
            threads: row.threads,
            views: row.views,
            comments: row.comments,
            up_votes: row.up_votes,
            down_votes: row.down_votes,
            days: days.map(day).collect(),
        }
    }))
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn a_week_begins_on_a_monday_and_a_month_ends_on_its_last_day() {
        let sunday = date!(2026 - 11 - 22);
        assert_eq!(Span::Day.around(sunday), (sunday, sunday));
        assert_eq!(Span::Week.around(sunday), (date!(2026 - 11 - 16), sunday));
        assert_eq!(Span::Week.around(date!(2026 - 11 - 16)), (date!(2026 - 11 - 16), sunday));
        assert_eq!(Span::Week.around(date!(2026 - 12 - 31)), (date!(2026 - 12 - 28), date!(2027 - 01 - 03)));
        assert_eq!(Span::Month.around(sunday), (date!(2026 - 11 - 01), date!(2026 - 11 - 30)));
        assert_eq!(Span::Month.around(date!(2028 - 02 - 29)), (date!(2028 - 02 - 01), date!(2028 - 02 - 29)));
        // The last day of all is a Friday.
        assert_eq!(Span::Week.around(date!(9999 - 12 - 31)), (date!(9999 - 12 - 27), date!(9999 - 12 - 31)));
    }
}
