//! What a case leaves behind, to be compared.

use std::collections::{BTreeMap, BTreeSet};

use store::PgConnection;
use testkit::sqlx;

/// The whole state. Events stand under their consumer and id, or by their number.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct State {
    /// What was applied of each queue, in its order.
    pub applied: BTreeMap<String, Vec<usize>>,
    /// The same, folded into one row per queue as it was applied.
    pub trails: BTreeMap<String, String>,
    /// Consumer, topic, partition and offset of the dead letters.
    pub letters: BTreeSet<(String, String, i32, usize)>,
    pub inbox: BTreeMap<(String, String), String>,
    /// With what each waits for, where it does not stand behind another.
    pub parked: BTreeMap<(String, String), Option<String>>,
    /// Consumer, topic and queue.
    pub blocked: BTreeSet<(String, String, Vec<u8>)>,
    /// By consumer and outcome, those that the order of deliveries does not change.
    pub counts: BTreeMap<(String, String), i64>,
}

impl State {
    /// Where another, which is the engine's, is different.
    pub fn differences(&self, other: &Self) -> String {
        let mut differences = String::new();
        macro_rules! compare {
            ($($part:ident),+) => {$(
                if self.$part != other.$part {
                    let (name, model, engine) = (stringify!($part), &self.$part, &other.$part);
                    differences += &format!("{name}: the model has\n  {model:?}\nand the engine\n  {engine:?}\n");
                }
            )+};
        }
        compare!(applied, trails, letters, inbox, parked, blocked, counts);
        differences
    }
}

impl State {
    /// What is left to compare where the consumers tell duplicates by their own table: the inbox says nothing of what was applied
    /// at once, and a replay of it waits behind what waits before it turns out to be one.
    pub fn without_inbox(mut self) -> Self {
        self.inbox.retain(|_, state| state == "dead_lettered");
        self.counts.retain(|(_, outcome), _| outcome != "stale");
        self
    }

    /// The same, without what is parked here and has taken effect or been overtaken there.
    pub fn without_replays(mut self, other: &Self) -> Self {
        let is_settled = |state: &String| state == "applied" || state == "stale";
        self.parked.retain(|event, _| !other.inbox.get(event).is_some_and(is_settled));
        self
    }
}

/// As it is in the database.
pub async fn observed(connection: &mut PgConnection) -> sqlx::Result<State> {
    let mut state = State::default();
    let applied: Vec<(String, i64)> =
        sqlx::query_as("select queue, number from model_log order by place").fetch_all(&mut *connection).await?;
    for (queue, number) in applied {
        state.applied.entry(queue).or_default().push(usize::try_from(number).expect("a number of the case"));
    }
    let trails: Vec<(String, String)> =
        sqlx::query_as("select queue, trail from model_trails").fetch_all(&mut *connection).await?;
    state.trails.extend(trails);
    let letters: Vec<(String, String, i32, i64)> =
        sqlx::query_as("select consumer, topic, partition, record_offset from dead_letters")
            .fetch_all(&mut *connection)
            .await?;
    let place = |(consumer, topic, partition, offset)| {
        (consumer, topic, partition, usize::try_from(offset).expect("an offset of the case"))
    };
    state.letters.extend(letters.into_iter().map(place));
    let inbox: Vec<(String, String, String)> =
        sqlx::query_as("select consumer, event_id, state from inbox").fetch_all(&mut *connection).await?;
    state.inbox.extend(inbox.into_iter().map(|(consumer, id, state)| ((consumer, id), state)));
    let parked: Vec<(String, String, Option<String>)> =
        sqlx::query_as("select consumer, event_id, awaits_kind || ' ' || awaits_id from parked_events")
            .fetch_all(&mut *connection)
            .await?;
    state.parked.extend(parked.into_iter().map(|(consumer, id, awaits)| ((consumer, id), awaits)));
    let blocked: Vec<(String, String, Vec<u8>)> =
        sqlx::query_as("select consumer, topic, queue from blocked_keys").fetch_all(&mut *connection).await?;
    state.blocked.extend(blocked);
    let counts: Vec<(String, String, i64)> = sqlx::query_as(
        "select consumer, outcome, sum(count)::bigint
         from consumer_batches, unnest(outcomes, counts) as counted (outcome, count)
         where outcome in ('applied', 'stale', 'dead_lettered')
         group by consumer, outcome",
    )
    .fetch_all(connection)
    .await?;
    state.counts.extend(counts.into_iter().map(|(consumer, outcome, count)| ((consumer, outcome), count)));
    Ok(state)
}

/// What must hold after every transaction: a queue is blocked exactly while something of it is parked, what is parked is so in the
/// inbox, and every event was counted as often as it came to something.
pub async fn contradictions(connection: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(include_str!("contradictions.sql")).fetch_all(connection).await
}
