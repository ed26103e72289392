use std::collections::BTreeMap;

use proptest::prelude::*;
use sqlx::PgPool;
use store::consumer_batches::{self, AGE_BOUNDS, ConsumerBatch};
use store::housekeeping::{self, ConsumerCount};
use testkit::TestDatabase;
use time::Duration;

use crate::NOON;
use crate::repairs::texts;

const TYPES: [&str; 3] = ["order.placed", "payment.settled", "unknown"];
const OUTCOMES: [&str; 3] = ["applied", "duplicate", "dead_lettered"];
const CONSUMERS: [&str; 2] = ["order-consumer", "event-fanout"];

/// What a batch counts, in random.
#[derive(Debug, Clone)]
struct Drawn {
    consumer: usize,
    counts: Vec<(usize, usize, u64)>,
    ages: [u64; AGE_BOUNDS.len() + 1],
    minutes_ago: i64,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let counts = prop::collection::vec((0..3_usize, 0..3_usize, 0..1000_u64), 0..5);
    (0..2_usize, counts, prop::array::uniform12(0..50_u64), 0..10_i64)
        .prop_map(|(consumer, counts, ages, minutes_ago)| Drawn { consumer, counts, ages, minutes_ago })
}

async fn write(pool: &PgPool, drawn: &Drawn) {
    let batch = ConsumerBatch {
        consumer: CONSUMERS[drawn.consumer],
        processed_at: NOON - Duration::minutes(drawn.minutes_ago),
        records: 10,
        retries: 1,
        seconds: 0.5,
        counts: drawn.counts.iter().map(|(kind, outcome, count)| (TYPES[*kind], OUTCOMES[*outcome], *count)).collect(),
        ages: drawn.ages,
        age_seconds: 1.5,
    };
    consumer_batches::insert(&mut pool.acquire().await.unwrap(), &batch).await.unwrap();
}

/// Folds in small bites, until there is nothing left of a time; says how many batches those were.
async fn fold_all(pool: &PgPool, before: time::OffsetDateTime) -> u64 {
    let mut folded = 0;
    loop {
        let bite = housekeeping::fold_consumer_batches(&mut pool.acquire().await.unwrap(), before, 3).await.unwrap();
        folded += bite;
        if bite == 0 {
            return folded;
        }
    }
}

async fn counts(pool: &PgPool) -> Vec<ConsumerCount> {
    housekeeping::consumer_counts(&mut pool.acquire().await.unwrap()).await.unwrap()
}

fn expected(batches: &[Drawn]) -> Vec<ConsumerCount> {
    let mut sums: BTreeMap<(&str, &str, &str), i64> = BTreeMap::new();
    for batch in batches {
        for (kind, outcome, count) in &batch.counts {
            *sums.entry((CONSUMERS[batch.consumer], TYPES[*kind], OUTCOMES[*outcome])).or_default() +=
                count.cast_signed();
        }
    }
    let count = |((consumer, event_type, outcome), events): ((&str, &str, &str), i64)| ConsumerCount {
        consumer: consumer.to_owned(),
        event_type: event_type.to_owned(),
        outcome: outcome.to_owned(),
        events,
    };
    sums.into_iter().map(count).collect()
}

/// What is counted of a consumer and not of a type: batches, records, retries, seconds, their ages, and the last one.
fn expected_batches(batches: &[Drawn]) -> Vec<String> {
    let mut lines = Vec::new();
    for (place, consumer) in CONSUMERS.iter().enumerate() {
        let of: Vec<&Drawn> = batches.iter().filter(|batch| batch.consumer == place).collect();
        let Some(last) = of.iter().map(|batch| batch.minutes_ago).min() else { continue };
        let bucket = |bucket: usize| of.iter().map(|batch| batch.ages[bucket]).sum::<u64>().to_string();
        let ages = (0..=AGE_BOUNDS.len()).map(bucket).collect::<Vec<_>>().join(",");
        let n = of.len();
        #[expect(clippy::cast_precision_loss, reason = "a few dozen")]
        let (seconds, age_seconds) = (n as f64 * 0.5, n as f64 * 1.5);
        lines.push(format!("{consumer} {n} {} {n} {seconds} {{{ages}}} {age_seconds} {last}", n * 10));
    }
    lines.sort();
    lines
}

const BATCH_TOTALS: &str = "select concat_ws(' ', consumer, batches, records, retries, seconds, ages, age_seconds,
        (extract(epoch from '2026-11-15 12:34:56.789+00'::timestamptz - last_batch_at) / 60)::int)
    from consumer_batch_totals order by consumer";

/// Batches are written while two housekeepers fold and somebody reads: no reading is ever too low, or more than was written in the
/// end, and in the end it is exact.
async fn folding_is_exact(first: Vec<Drawn>, meanwhile: Vec<Drawn>) {
    let database = TestDatabase::new().await;
    let pool = &database.pool;
    for batch in &first {
        write(pool, batch).await;
    }
    let all: Vec<Drawn> = first.iter().chain(&meanwhile).cloned().collect();
    let sum = |counts: &[ConsumerCount]| counts.iter().map(|count| count.events).sum::<i64>();
    let (least, most) = (sum(&expected(&first)), sum(&expected(&all)));
    let cut = NOON - Duration::minutes(4);
    let writer = async {
        for batch in &meanwhile {
            write(pool, batch).await;
        }
    };
    let reader = async {
        for _ in 0..5 {
            let read = sum(&counts(pool).await);
            assert!((least..=most).contains(&read), "{least} <= {read} <= {most}");
        }
    };
    let (one, other, (), ()) = tokio::join!(fold_all(pool, cut), fold_all(pool, cut), writer, reader);
    let rest = fold_all(pool, cut).await;
    let old = all.iter().filter(|batch| batch.minutes_ago > 4).count() as u64;
    assert_eq!(one + other + rest, old);
    assert_eq!(counts(pool).await, expected(&all));
    assert_eq!(fold_all(pool, NOON + Duration::SECOND).await, all.len() as u64 - old);
    assert_eq!(counts(pool).await, expected(&all));
    assert_eq!(texts(pool, BATCH_TOTALS).await, expected_batches(&all));
    assert_eq!(texts(pool, "select 'left' from consumer_batches").await, Vec::<String>::new());
}

#[test]
fn folding_between_writers_by_two_at_once_counts_every_batch_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let batches = || prop::collection::vec(drawn(), 0..20);
    proptest!(ProptestConfig::with_cases(20), |(first in batches(), meanwhile in batches())| {
        runtime.block_on(folding_is_exact(first, meanwhile));
    });
}

/// A release with more buckets, or fewer, beside this one.
#[tokio::test]
async fn ages_of_another_release_are_added_bucket_by_bucket() {
    let database = TestDatabase::new().await;
    for ages in ["{1,2}", "{}", "{10,20,30}", "{100}"] {
        sqlx::query(
            "insert into consumer_batches (consumer, processed_at, records, retries, seconds, types, outcomes, counts, ages, age_seconds)
             values ('c', $1, 1, 0, 0, '{}', '{}', '{}', $2::text::bigint[], 0)",
        )
        .bind(NOON)
        .bind(ages)
        .execute(&database.pool)
        .await
        .unwrap();
        let connection = &mut database.pool.acquire().await.unwrap();
        housekeeping::fold_consumer_batches(connection, NOON + Duration::SECOND, 10).await.unwrap();
    }
    assert_eq!(texts(&database.pool, "select ages::text from consumer_batch_totals").await, ["{111,22,30}"]);
}
