//! A forum in memory: what its events come to, told one after another in the order in which they happened.

use std::collections::{BTreeMap, BTreeSet};

use events::{Data, Event, Vote};
use time::{Duration, OffsetDateTime, Weekday};

/// What stands in the tables, as texts.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Forum {
    pub threads: Vec<String>,
    pub activity: Vec<String>,
    pub periods: Vec<String>,
    pub days: Vec<String>,
}

/// A thread as whoever reads it sees it: who voted how, and which comments there are.
#[derive(Debug, Default)]
struct Thread {
    course_id: String,
    title: String,
    views: i64,
    comments: BTreeSet<String>,
    votes: BTreeMap<String, Vote>,
    last_activity_at: Option<OffsetDateTime>,
    is_deleted: bool,
}

/// Views, comments, votes for it, votes against it, and whether it is there.
type Counts = [i64; 5];

impl Thread {
    fn counts(&self) -> Counts {
        let votes = |wanted| self.votes.values().filter(|vote| **vote == wanted).count();
        let counts = [self.comments.len(), votes(Vote::Up), votes(Vote::Down)];
        let [comments, up, down] = counts.map(|count| i64::try_from(count).expect("a test has few"));
        [self.views, comments, up, down, i64::from(!self.course_id.is_empty() && !self.is_deleted)]
    }

    fn tell(&mut self, event: &Event) {
        match &event.data {
            Data::ThreadCreated(created) => {
                (self.course_id, self.title) = (created.course_id.to_string(), created.title.to_string());
            }
            Data::ThreadViewed(_) => self.views += 1,
            Data::ThreadEdited(edited) => self.title = edited.title.to_string(),
            Data::ThreadDeleted(_) => self.is_deleted = true,
            Data::CommentAdded(comment) => assert!(self.comments.insert(comment.comment_id.to_string())),
            Data::CommentDeleted(comment) => assert!(self.comments.remove(comment.comment_id.as_str())),
            Data::VoteCast(cast) if cast.comment_id.is_none() => {
                let previous = self.votes.insert(cast.voter_id.to_string(), cast.vote).unwrap_or(Vote::None);
                assert_eq!(previous, cast.previous);
            }
            Data::CommentEdited(_) | Data::VoteCast(_) => {}
            other => panic!("{other:?} is no event of a discussion"),
        }
        if !matches!(event.data, Data::ThreadViewed(_)) {
            self.last_activity_at = Some(event.time);
        }
    }
}

impl Forum {
    /// What the events come to. Each is told once, in the order of their times.
    pub fn of(events: &[Event]) -> Self {
        let mut threads = BTreeMap::<String, Thread>::new();
        let (mut periods, mut days) = (BTreeMap::<String, Counts>::new(), BTreeMap::<String, Counts>::new());
        for event in events {
            let thread = threads.entry(event.key().to_owned()).or_default();
            let before = thread.counts();
            thread.tell(event);
            let after = thread.counts();
            let change = std::array::from_fn(|place| after[place] - before[place]);
            for period in periods_of(event.time) {
                add(periods.entry(format!("{} {period}", event.key())).or_default(), change);
            }
            add(days.entry(format!("{} {}", thread.course_id, event.time.date())).or_default(), change);
        }
        let shown = |[views, comments, up, down, _]: Counts| format!("v{views} c{comments} +{up} -{down}");
        Self {
            threads: threads.iter().map(|(id, thread)| thread_line(id, thread, &shown(thread.counts()))).collect(),
            activity: threads.iter().map(|(id, thread)| activity_line(id, thread)).collect(),
            periods: changed(periods, 4, |key, counts| format!("{key} {}", shown(counts))),
            days: changed(days, 5, |key, counts| format!("{key} t{} {}", counts[4], shown(counts))),
        }
    }
}

fn thread_line(id: &str, thread: &Thread, sums: &str) -> String {
    let [views, comments, up, down, _] = thread.counts();
    let score = views + 5 * comments + 3 * up - 3 * down;
    let deleted = if thread.is_deleted { " deleted" } else { "" };
    format!("{id} {} {} {sums} ={score}{deleted}", thread.course_id, thread.title)
}

fn activity_line(id: &str, thread: &Thread) -> String {
    let at = thread.last_activity_at.expect("a thread was created");
    format!("{id} {} {:02}:{:02}", at.date(), at.hour(), at.minute())
}

/// The day, the week and the month, found by going back a day at a time.
fn periods_of(moment: OffsetDateTime) -> [String; 3] {
    let day = moment.date();
    let (mut monday, mut first) = (day, day);
    while monday.weekday() != Weekday::Monday {
        monday -= Duration::DAY;
    }
    while first.day() != 1 {
        first -= Duration::DAY;
    }
    [format!("day {day}"), format!("week {monday}"), format!("month {first}")]
}

fn add(sums: &mut Counts, change: Counts) {
    sums.iter_mut().zip(change).for_each(|(sum, more)| *sum += more);
}

/// The lines of those in which any of the first so many counts changed.
fn changed(rows: BTreeMap<String, Counts>, counted: usize, line: impl Fn(String, Counts) -> String) -> Vec<String> {
    let rows = rows.into_iter().filter(|(_, counts)| counts[..counted].iter().any(|count| *count != 0));
    let mut lines: Vec<String> = rows.map(|(key, counts)| line(key, counts)).collect();
    lines.sort();
    lines
}
