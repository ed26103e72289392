//! The aggregates of threads and courses, beside the click sink.

use discussion_consumer::DiscussionConsumer;
use settings::Environment;
use template::Template;

use super::talk::Talk;
use crate::beside::{BATCHES, Beside};
use crate::database::Database;
use crate::results::{Bar, Results};

/// Threads that are there at the start.
const THREADS: u32 = 2_000;

/// Measures them. The table of clicks is emptied first.
pub(super) async fn run(database: &mut Database, template: &Template, results: &mut Results) -> anyhow::Result<()> {
    let environment = Environment::from_iter([("DATABASE_URL", database.url("onceward_app"))]);
    let consumer = (DiscussionConsumer::start(&environment)?, Talk::of(THREADS));
    database.empty_discussions().await?;
    let mut beside = Beside::start(consumer, "discussion.events", template, database).await?;
    results.heading("Aggregates of discussions");
    let (events, clicks) = beside.batch_sizes();
    results.say(&format!(
        "{THREADS} threads of Zipf 1.0 in 20 courses; of a hundred events 70 are views, 15 votes, 10 comments, and 5 change or delete. {BATCHES} \
         batches of {events} a round, in turn with as many of {clicks} clicks. From the payload's bytes to the commit, in one process each"
    ));
    beside.prepare(Talk::create).await?;
    let rounds = beside.rounds("events", database, results).await?;
    results.figure("discussions.events_per_second", rounds.per_second);
    results.figure("discussions.ratio", rounds.ratio);
    results.judge("Aggregates of discussions, of the click sink beside them", rounds.ratio, "", Bar::AtLeast(0.3));
    beside.watched(results).await?;
    beside.each_record("discussion-consumer", rounds, results).await
}
