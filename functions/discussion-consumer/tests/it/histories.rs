//! Whatever is doubled, delayed and mixed up of the events of discussions, the sums end as they do after the history in its order, and as
//! the facts say.

use std::collections::BTreeMap;

use events::{Event, Vote};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;
use serde_json::Value;
use settings::Environment;
use testkit::{
    comment_added, comment_deleted, comment_edited, thread_created, thread_deleted, thread_edited, thread_viewed,
    vote_cast,
};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use crate::plain::Forum;
use crate::world::{NOW, TOPIC, World, at};

/// All that happens does so within the five weeks from then on.
const BEGINNING: OffsetDateTime = datetime!(2026-10-13 22:00 UTC);
const MINUTES: i64 = 35 * 24 * 60;

/// What happens to a thread.
#[derive(Debug, Clone)]
enum Deed {
    View,
    Edit,
    Comment,
    EditComment,
    /// The first that there is.
    DeleteComment,
    Vote {
        voter: usize,
        vote: Vote,
    },
    VoteOnComment,
    Delete,
}

#[derive(Debug, Clone)]
enum Step {
    /// So many records more arrive, with so many that were delivered before.
    Deliver { records: usize, again: usize },
    /// A minute or so passes.
    Tick,
}

#[derive(Debug, Clone)]
struct Case {
    /// In the order in which it happened.
    history: Vec<Event>,
    /// Places in the history, as its events arrive: each at least once.
    arrival: Vec<usize>,
    steps: Vec<Step>,
}

fn deed() -> impl Strategy<Value = Deed> {
    let vote = prop_oneof![Just(Vote::Up), Just(Vote::Down), Just(Vote::None)];
    prop_oneof![
        4 => Just(Deed::View),
        2 => Just(Deed::Edit),
        3 => Just(Deed::Comment),
        1 => Just(Deed::EditComment),
        2 => Just(Deed::DeleteComment),
        5 => (0..3_usize, vote).prop_map(|(voter, vote)| Deed::Vote { voter, vote }),
        1 => Just(Deed::VoteOnComment),
        1 => Just(Deed::Delete),
    ]
}

/// What is known of a thread while its history is written.
#[derive(Default)]
struct Written {
    version: u32,
    comments: Vec<String>,
    votes: BTreeMap<usize, Vote>,
    is_deleted: bool,
}

impl Written {
    /// The event of a deed; none where there is nothing to do it to.
    fn event(&mut self, thread: &str, deed: &Deed) -> Option<Event> {
        self.version += 1;
        let comment = self.comments.first().cloned();
        Some(match deed {
            Deed::View => thread_viewed(thread),
            Deed::Edit => thread_edited(thread, self.version, &format!("Title {}", self.version)),
            Deed::Comment => {
                let comment = format!("{thread}-k-{}", self.version);
                self.comments.push(comment.clone());
                comment_added(thread, &comment)
            }
            Deed::EditComment => comment_edited(thread, &comment?),
            Deed::DeleteComment => {
                let comment = comment?;
                self.comments.remove(0);
                comment_deleted(thread, &comment)
            }
            Deed::Vote { voter, vote } => {
                let previous = self.votes.insert(*voter, *vote).unwrap_or(Vote::None);
                by(*voter, vote_cast(thread, None, previous, *vote))
            }
            Deed::VoteOnComment => vote_cast(thread, Some(&comment?), Vote::None, Vote::Up),
            Deed::Delete if self.is_deleted => return None,
            Deed::Delete => {
                self.is_deleted = true;
                thread_deleted(thread)
            }
        })
    }
}

fn by(voter: usize, mut event: Event) -> Event {
    if let events::Data::VoteCast(cast) = &mut event.data {
        cast.voter_id = format!("voter-{voter}").parse().expect("a user id");
    }
    event
}

fn history() -> impl Strategy<Value = Vec<Event>> {
    vec((0..5_usize, deed(), 0..MINUTES), 1..40).prop_map(|mut deeds| {
        deeds.sort_by_key(|(_, _, minute)| *minute);
        let mut threads = BTreeMap::<usize, Written>::new();
        let mut history = Vec::new();
        for (number, deed, minute) in &deeds {
            let time = BEGINNING + Duration::minutes(*minute);
            let thread = format!("t-{number}");
            let written = threads.entry(*number).or_insert_with(|| {
                history.push(at(time, thread_created(&thread, &format!("c-{}", number % 2), "Title 0")));
                Written::default()
            });
            history.extend(written.event(&thread, deed).map(|event| at(time, event)));
        }
        history
    })
}

fn cases() -> impl Strategy<Value = Case> {
    let step = prop_oneof![
        6 => (1..8_usize, 0..4_usize).prop_map(|(records, again)| Step::Deliver { records, again }),
        1 => Just(Step::Tick),
    ];
    (history(), vec(any::<Index>(), 0..8), vec(step, 1..20)).prop_flat_map(|(history, doubled, steps)| {
        let all = 0..history.len();
        let arrival: Vec<usize> = all.chain(doubled.iter().map(|place| place.index(history.len()))).collect();
        (Just(history), Just(arrival).prop_shuffle(), Just(steps)).prop_map(|(history, arrival, steps)| Case {
            history,
            arrival,
            steps,
        })
    })
}

/// The records as they arrive: those of a key on one partition.
fn records(case: &Case) -> Vec<Value> {
    let record = |(offset, place): (i64, &usize)| {
        let event = &case.history[*place];
        let partition = event.key().bytes().map(i32::from).sum::<i32>() % 3;
        testkit::record(TOPIC, partition, offset, NOW, event)
    };
    (0..).zip(&case.arrival).map(record).collect()
}

async fn run(case: &Case) {
    let world = World::new().await;
    let (records, mut delivered, mut minutes) = (records(case), 0, 0);
    let last = Step::Deliver { records: records.len(), again: 3 };
    for step in case.steps.iter().cloned().chain([Step::Tick, last, Step::Tick]) {
        minutes += 2;
        match step {
            Step::Deliver { records: more, again } => {
                let end = records.len().min(delivered + more);
                world.deliver(&records[delivered.saturating_sub(again)..end]).await;
                delivered = end;
            }
            Step::Tick => {
                world.tick(minutes).await;
            }
        }
    }
    assert_eq!(stands(&world).await, Forum::of(&case.history));
    assert_eq!(world.letters().await, [""; 0]);
    assert_eq!(world.texts("select event_id from parked_events").await, [""; 0]);
    testkit::aggregates_equal_facts(&world.database.pool).await;
}

async fn stands(world: &World) -> Forum {
    Forum {
        threads: world.threads().await,
        activity: world.activity().await,
        periods: world.periods().await,
        days: world.days().await,
    }
}

/// Always the same cases, so that a failure tells of the change and not of luck; `make soak` asks for others.
fn config() -> ProptestConfig {
    let environment = Environment::of_process();
    let cases = environment.parsed("PROPTEST_CASES", 32).expect("a number of cases");
    let seed = environment.parsed("PROPTEST_RNG_SEED", 1).expect("a seed");
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(seed), max_shrink_iters: 200, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_interleaving_duplication_and_delay_ends_as_the_ordered_history(case in cases()) {
        tokio::runtime::Runtime::new().unwrap().block_on(run(&case));
    }
}
