//! Threads and what people do in them: the same for the same seed.

use std::collections::HashMap;

use events::{
    CommentAdded, CommentDeleted, CommentEdited, CommentId, CourseId, Data, Event, Text, ThreadCreated, ThreadEdited,
    ThreadId, ThreadViewed, UserId, Vote, VoteCast,
};
use rand::distr::Distribution;
use rand::distr::weighted::WeightedIndex;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use time::OffsetDateTime;
use uuid::{Builder, Uuid};

use crate::payload::{Make, moments};

const SEED: u64 = 20_261_124;
const COURSES: u32 = 20;
const PEOPLE: u32 = 5_000;

/// Makes their events. Of a thread that was never created there are none.
pub(super) struct Talk {
    random: StdRng,
    threads: Vec<Thread>,
    /// Which thread comes next, once all are there: the nth as often as one nth of the first.
    popular: WeightedIndex<f64>,
}

struct Thread {
    id: ThreadId,
    course: CourseId,
    /// How many events it had.
    version: u64,
    comments: Vec<CommentId>,
    votes: HashMap<UserId, Vote>,
}

impl Talk {
    /// So many threads, which are still to be created.
    pub(super) fn of(threads: u32) -> Self {
        Self::seeded(threads, SEED)
    }

    /// Others than with another seed.
    pub(super) fn seeded(threads: u32, seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let popular = WeightedIndex::new((1..=threads).map(|rank| 1.0 / f64::from(rank))).expect("positive weights");
        let threads = (0..threads)
            .map(|nth| Thread {
                id: uuid(&mut random).to_string().parse().expect("a UUID is an id"),
                course: format!("course-{}", nth % COURSES).parse().expect("an id"),
                version: 0,
                comments: Vec::new(),
                votes: HashMap::new(),
            })
            .collect();
        Self { random, threads, popular }
    }

    /// All of them are created, in the hour that begins at `start`.
    pub(super) fn create(&mut self, start: OffsetDateTime) -> Vec<Event> {
        let count = u32::try_from(self.threads.len()).expect("some thousands");
        moments(start, count)
            .zip(0..)
            .map(|(at, nth)| {
                let Thread { id, course, .. } = &self.threads[nth];
                let (thread_id, course_id) = (id.clone(), course.clone());
                let (title, author_id) = (self.title(), self.anyone());
                self.event(at, nth, Data::ThreadCreated(ThreadCreated { thread_id, course_id, title, author_id }))
            })
            .collect()
    }

    fn next(&mut self, at: OffsetDateTime) -> Event {
        let nth = self.popular.sample(&mut self.random);
        let data = match self.random.random_range(0..100) {
            0..70 => self.viewed(nth),
            70..85 => self.voted(nth),
            85..95 => self.commented(nth),
            95..98 => self.edited(nth),
            98 => self.edited_comment(nth),
            _ => self.deleted_comment(nth),
        };
        self.event(at, nth, data)
    }

    fn viewed(&mut self, nth: usize) -> Data {
        let viewer_id = Some(self.anyone());
        Data::ThreadViewed(ThreadViewed { thread_id: self.id(nth), viewer_id })
    }

    /// One in four is against it; whoever voted before takes it back.
    fn voted(&mut self, nth: usize) -> Data {
        let (voter_id, is_against) = (self.anyone(), self.random.random_ratio(1, 4));
        let last = self.threads[nth].votes.entry(voter_id.clone()).or_insert(Vote::None);
        let vote = match last {
            Vote::None if is_against => Vote::Down,
            Vote::None => Vote::Up,
            Vote::Up | Vote::Down => Vote::None,
        };
        let previous = std::mem::replace(last, vote);
        Data::VoteCast(VoteCast { thread_id: self.id(nth), comment_id: None, voter_id, vote, previous })
    }

    fn commented(&mut self, nth: usize) -> Data {
        let comment_id: CommentId = uuid(&mut self.random).to_string().parse().expect("a UUID is an id");
        let (thread_id, author_id) = (self.id(nth), self.anyone());
        let comments = &mut self.threads[nth].comments;
        let parent_id = comments.last().cloned();
        comments.push(comment_id.clone());
        Data::CommentAdded(CommentAdded { thread_id, comment_id, parent_id, author_id })
    }

    fn edited(&mut self, nth: usize) -> Data {
        Data::ThreadEdited(ThreadEdited { thread_id: self.id(nth), title: self.title(), author_id: self.anyone() })
    }

    /// The last one. Where there is none, it is made.
    fn edited_comment(&mut self, nth: usize) -> Data {
        match self.threads[nth].comments.last().cloned() {
            Some(comment_id) => Data::CommentEdited(CommentEdited { thread_id: self.id(nth), comment_id }),
            None => self.commented(nth),
        }
    }

    /// The last one. Where there is none, it is made.
    fn deleted_comment(&mut self, nth: usize) -> Data {
        match self.threads[nth].comments.pop() {
            Some(comment_id) => Data::CommentDeleted(CommentDeleted { thread_id: self.id(nth), comment_id }),
            None => self.commented(nth),
        }
    }

    fn id(&self, nth: usize) -> ThreadId {
        self.threads[nth].id.clone()
    }

    fn anyone(&mut self) -> UserId {
        format!("person-{}", self.random.random_range(0..PEOPLE)).parse().expect("a user id")
    }

    fn title(&mut self) -> Text<1200> {
        Text::new(format!("How is {:x} to be understood?", self.random.random::<u64>())).expect("a short text")
    }

    /// As `discussions-api` writes it to the outbox.
    fn event(&mut self, at: OffsetDateTime, nth: usize, data: Data) -> Event {
        let millis = u64::try_from(at.unix_timestamp_nanos() / 1_000_000).expect("a time after 1970");
        let thread = &mut self.threads[nth];
        thread.version += 1;
        Event {
            id: Builder::from_unix_timestamp_millis(millis, &self.random.random()).into_uuid().into(),
            source: Text::new("/onceward/discussions-api").expect("a short text"),
            time: at,
            subject: Text::new(data.key()).ok(),
            sequence: Text::new(format!("{:020}", thread.version)).ok(),
            correlation_id: Text::new(uuid(&mut self.random).to_string()).ok(),
            causation_id: None,
            traceparent: None,
            data,
        }
    }
}

impl Make for Talk {
    /// Seven in ten look at a thread, 15 in a hundred vote on it, one in ten adds a comment; the others change or delete.
    fn of_hour(&mut self, start: OffsetDateTime, count: u32) -> Vec<Event> {
        moments(start, count).map(|at| self.next(at)).collect()
    }
}

fn uuid(random: &mut StdRng) -> Uuid {
    Builder::from_random_bytes(random.random()).into_uuid()
}
