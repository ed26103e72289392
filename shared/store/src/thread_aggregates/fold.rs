use std::collections::BTreeMap;
use std::ops::AddAssign;

use time::{Date, Duration, OffsetDateTime, UtcOffset};

use super::Change;

/// What an event that took effect means for the sums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// The thread.
    pub thread_id: String,
    /// What it adds.
    pub change: Change,
    /// When it happened.
    pub happened_at: OffsetDateTime,
    /// What else it does.
    pub turn: Turn,
}

/// What an event does besides adding to sums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// It created the thread.
    Created {
        /// The course that it is about.
        course_id: String,
    },
    /// Somebody read it, which is no activity.
    Viewed,
    /// It gave the thread a title.
    Titled {
        /// What it is called.
        title: String,
        /// What says whether another title is newer.
        title_sequence: String,
    },
    /// It deleted the thread.
    Deleted,
    /// It shows that somebody cares.
    Active,
}

/// Views, comments, votes for it and votes against it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums(pub(super) [i64; 4]);

impl AddAssign<Change> for Sums {
    fn add_assign(&mut self, change: Change) {
        let Change { views, comments, up_votes, down_votes } = change;
        *self += Self([views, comments, up_votes, down_votes].map(i64::from));
    }
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, more)| *sum += more);
    }
}

/// What happened to a thread, taken together.
#[derive(Debug, Default)]
pub(super) struct Growth<'a> {
    /// Its course, where it was created, and when.
    pub(super) created: Option<(&'a str, OffsetDateTime)>,
    /// Whether anything else has happened.
    pub(super) has_changed: bool,
    pub(super) sums: Sums,
    pub(super) last_activity_at: Option<OffsetDateTime>,
    /// What set the newest title, and the title.
    pub(super) title: Option<(&'a str, &'a str)>,
    pub(super) deleted_at: Option<OffsetDateTime>,
    pub(super) days: BTreeMap<Date, Sums>,
}

impl<'a> Growth<'a> {
    fn grow(&mut self, happened: &'a Happened) {
        let at = happened.happened_at;
        self.sums += happened.change;
        *self.days.entry(day(at)).or_default() += happened.change;
        match &happened.turn {
            // The row says so already.
            Turn::Created { course_id } => self.created = Some((course_id.as_str(), at)),
            Turn::Viewed => self.has_changed = true,
            Turn::Titled { title, title_sequence } => {
                self.title = self.title.max(Some((title_sequence.as_str(), title.as_str())));
                self.be_active(at);
            }
            Turn::Deleted => {
                self.deleted_at = Some(self.deleted_at.map_or(at, |before| before.min(at)));
                self.be_active(at);
            }
            Turn::Active => self.be_active(at),
        }
    }

    fn be_active(&mut self, at: OffsetDateTime) {
        self.has_changed = true;
        self.last_activity_at = self.last_activity_at.max(Some(at));
    }

    /// The sums by period and its first day, in the order of the names of the periods.
    pub(super) fn periods(&self) -> BTreeMap<(&'static str, Date), Sums> {
        let mut periods = BTreeMap::<_, Sums>::new();
        for (day, sums) in &self.days {
            for period in [("day", *day), ("week", monday(*day)), ("month", first_of_month(*day))] {
                *periods.entry(period).or_default() += *sums;
            }
        }
        periods
    }
}

/// What happened, taken together for each thread.
pub(super) fn fold(happened: &[Happened]) -> BTreeMap<&str, Growth<'_>> {
    let mut threads = BTreeMap::<&str, Growth<'_>>::new();
    for happened in happened {
        threads.entry(&happened.thread_id).or_default().grow(happened);
    }
    threads
}

/// The day of a moment, in UTC.
pub(super) fn day(moment: OffsetDateTime) -> Date {
    moment.to_offset(UtcOffset::UTC).date()
}

/// The Monday of a day's week.
fn monday(day: Date) -> Date {
    day - Duration::days(day.weekday().number_days_from_monday().into())
}

fn first_of_month(day: Date) -> Date {
    day.replace_day(1).expect("every month has a first day")
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    fn active(happened_at: OffsetDateTime, comments: i16) -> Happened {
        let change = Change { comments, ..Change::default() };
        Happened { thread_id: "t".to_owned(), change, happened_at, turn: Turn::Active }
    }

    #[test]
    fn days_weeks_and_months_begin_in_utc_and_weeks_on_mondays() {
        // A Sunday, and the Monday behind it, on which a month begins.
        let happened = [
            active(datetime!(2026-05-31 23:59:59.999999 UTC), 1),
            active(datetime!(2026-06-01 00:00 UTC), 2),
            active(datetime!(2026-06-01 01:30 +2), 4),
        ];
        let periods = fold(&happened)["t"].periods();
        let comments: Vec<_> = periods.iter().map(|((period, day), sums)| (*period, *day, sums.0[1])).collect();
        let expected = [
            ("day", date!(2026 - 05 - 31), 5),
            ("day", date!(2026 - 06 - 01), 2),
            ("month", date!(2026 - 05 - 01), 5),
            ("month", date!(2026 - 06 - 01), 2),
            ("week", date!(2026 - 05 - 25), 5),
            ("week", date!(2026 - 06 - 01), 2),
        ];
        assert_eq!(comments, expected);
    }

    #[test]
    fn the_first_week_of_all_begins_in_the_year_before() {
        let periods = fold(&[active(datetime!(0000-01-01 00:00 UTC), 1)])["t"].periods();
        let days: Vec<Date> = periods.keys().map(|(_, day)| *day).collect();
        assert_eq!(days, [date!(0000 - 01 - 01), date!(0000 - 01 - 01), date!(-0001 - 12 - 27)]);
    }

    #[test]
    fn the_newest_title_holds_and_views_are_no_activity() {
        let at = |minute: i64| datetime!(2026-06-01 12:00 UTC) + Duration::minutes(minute);
        let happened = |minute, turn| Happened { turn, ..active(at(minute), 0) };
        let titled =
            |title: &str, sequence: &str| Turn::Titled { title: title.to_owned(), title_sequence: sequence.to_owned() };
        let all = [
            happened(2, titled("new", "2")),
            happened(1, titled("old", "1")),
            happened(5, Turn::Viewed),
            happened(4, Turn::Deleted),
            happened(3, Turn::Deleted),
        ];
        let growth = &fold(&all)["t"];
        assert_eq!(growth.title, Some(("2", "new")));
        assert_eq!((growth.last_activity_at, growth.deleted_at), (Some(at(4)), Some(at(3))));
    }
}
