//! Whatever is doubled, delayed and mixed up of a shop's events, the tables end as they do after the history in its order.

use std::collections::BTreeSet;

use events::Event;
use events::PaymentStatus::{self, Failed, Refunded, Settled};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;
use serde_json::Value;
use settings::Environment;
use testkit::{TestDatabase, inventory_adjusted, order_placed, payment_settled};

use crate::plain::Shop;
use crate::world::{NOW, TOPIC, World, in_currency};

const USERS: [&str; 3] = ["u-1", "u-2", "u-3"];

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    /// So many records more arrive, with so many that were delivered before.
    Deliver { records: usize, again: usize },
    /// A user registers, who may have before.
    Register(usize),
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

/// An order, its user and lines, and its payments: how much of what kind, and whether in another currency.
type Sale = (usize, Vec<(usize, i64, i64)>, Vec<(i64, PaymentStatus, bool)>);

fn sale() -> impl Strategy<Value = Sale> {
    let line = (0..4_usize, 1..4_i64, prop_oneof![0..500_i64, Just(i64::MAX / 16)]);
    let status = prop_oneof![4 => Just(Settled), 1 => Just(Failed), 2 => Just(Refunded)];
    let amount = prop_oneof![1..500_i64, Just(i64::MAX)];
    (0..USERS.len(), vec(line, 1..4), vec((amount, status, proptest::bool::weighted(0.1)), 0..4))
}

fn history() -> impl Strategy<Value = Vec<Event>> {
    let adjustment = (0..4_usize, prop_oneof![-20..20_i64, Just(-2_147_483_648)]);
    (vec(sale(), 1..7), vec(adjustment, 0..8)).prop_map(|(sales, adjustments)| {
        let mut history = Vec::new();
        for (number, (user, lines, payments)) in sales.iter().enumerate() {
            let order_id = format!("o-{number}");
            let skus: Vec<String> = lines.iter().map(|(sku, ..)| format!("sku-{sku}")).collect();
            let lines: Vec<(&str, i64, i64)> =
                skus.iter().zip(lines).map(|(sku, (_, quantity, price))| (sku.as_str(), *quantity, *price)).collect();
            history.push(order_placed(&order_id, USERS[*user], &lines));
            for (nth, (amount, status, is_foreign)) in payments.iter().enumerate() {
                let payment = payment_settled(&format!("p-{number}-{nth}"), &order_id, *amount, *status);
                history.push(if *is_foreign { in_currency("SEK", payment) } else { payment });
            }
        }
        let adjusted = |(number, (sku, delta)): (usize, &(usize, i64))| {
            inventory_adjusted(&format!("a-{number}"), &format!("sku-{sku}"), *delta)
        };
        history.extend(adjustments.iter().enumerate().map(adjusted));
        history
    })
}

fn cases() -> impl Strategy<Value = Case> {
    let step = prop_oneof![
        6 => (1..8_usize, 0..4_usize).prop_map(|(records, again)| Step::Deliver { records, again }),
        2 => (0..USERS.len()).prop_map(Step::Register),
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
    let world = World::without_users(TestDatabase::new().await);
    let (records, mut delivered, mut minutes) = (records(case), 0, 0);
    let mut registered = BTreeSet::new();
    let last = Step::Deliver { records: records.len(), again: 3 };
    let rest = (0..USERS.len()).map(Step::Register).chain([Step::Tick, last, Step::Tick, Step::Tick]);
    for step in case.steps.iter().cloned().chain(rest) {
        minutes += 2;
        match step {
            Step::Deliver { records: more, again } => {
                let end = records.len().min(delivered + more);
                world.deliver(&records[delivered.saturating_sub(again)..end]).await;
                delivered = end;
            }
            Step::Register(user) if registered.insert(user) => world.user(USERS[user]).await,
            Step::Register(_) => {}
            Step::Tick => {
                world.tick(minutes).await;
            }
        }
    }
    assert_eq!(stands(&world).await, Shop::of(&case.history));
    assert_eq!(world.texts("select event_id from parked_events").await, [""; 0]);
}

async fn stands(world: &World) -> Shop {
    Shop {
        orders: world.orders().await,
        items: world
            .texts("select concat_ws(' ', order_id, line, sku, quantity, unit_price) collate \"C\" as item from order_items order by item")
            .await,
        payments: world
            .texts("select concat_ws(' ', payment_id, order_id, amount, status) collate \"C\" as payment from payments order by payment")
            .await,
        stock: world.texts("select concat_ws(' ', sku, quantity, adjustments) from inventory order by sku").await,
        dead: world.texts("select event_id from dead_letters").await.into_iter().collect(),
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
