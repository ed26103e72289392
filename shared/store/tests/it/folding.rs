use std::collections::BTreeMap;

use proptest::prelude::*;
use sqlx::PgPool;
use store::consumer_batches::{self, AGE_BOUNDS, ConsumerBatch};
use store::figures::{ConsumerFigures, DURATION_BOUNDS};
use store::housekeeping::{self, ConsumerCount};
use testkit::TestDatabase;
use time::Duration;

use crate::NOON;
use crate::figures::{histogram, read};
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
    seconds: f64,
    database_seconds: f64,
    minutes_ago: i64,
}

/// As long as a bound, a trifle longer, or anything.
fn duration() -> impl Strategy<Value = f64> {
    let bound = || prop::sample::select(&DURATION_BOUNDS[..]);
    prop_oneof![bound(), bound().prop_map(f64::next_up), 0.0..40.0]
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let counts = prop::collection::vec((0..3_usize, 0..3_usize, 0..1000_u64), 0..5);
    (0..2_usize, counts, prop::array::uniform12(0..50_u64), duration(), duration(), 0..10_i64).prop_map(
        |(consumer, counts, ages, seconds, database_seconds, minutes_ago)| Drawn {
            consumer,
            counts,
            ages,
            seconds,
            database_seconds,
            minutes_ago,
        },
    )
}

async fn write(pool: &PgPool, drawn: &Drawn) {
    let batch = ConsumerBatch {
        consumer: CONSUMERS[drawn.consumer],
        processed_at: NOON - Duration::minutes(drawn.minutes_ago),
        records: 10,
        retries: 1,
        seconds: drawn.seconds,
        database_seconds: drawn.database_seconds,
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

/// What is counted of a consumer and not of a type.
fn expected_figures(batches: &[Drawn]) -> Vec<ConsumerFigures> {
    let mut figures = Vec::new();
    for (place, consumer) in CONSUMERS.iter().enumerate() {
        let of: Vec<&Drawn> = batches.iter().filter(|batch| batch.consumer == place).collect();
        let Some(last) = of.iter().map(|batch| batch.minutes_ago).min() else { continue };
        let batches = i64::try_from(of.len()).unwrap();
        let bucket = |bucket: usize| of.iter().map(|batch| batch.ages[bucket].cast_signed()).sum();
        figures.push(ConsumerFigures {
            consumer: (*consumer).to_owned(),
            batches,
            records: 10 * batches,
            retries: batches,
            durations: histogram(of.iter().map(|batch| batch.seconds)),
            seconds: of.iter().map(|batch| batch.seconds).sum(),
            database_durations: histogram(of.iter().map(|batch| batch.database_seconds)),
            database_seconds: of.iter().map(|batch| batch.database_seconds).sum(),
            ages: (0..=AGE_BOUNDS.len()).map(bucket).collect(),
            age_seconds: of.iter().map(|_| 1.5).sum(),
            last_batch_at: NOON - Duration::minutes(last),
        });
    }
    figures.sort_by(|one, other| one.consumer.cmp(&other.consumer));
    figures
}

/// Sums of durations depend on their order; to the millionth they do not.
fn rounded(figures: Vec<ConsumerFigures>) -> Vec<ConsumerFigures> {
    let round = |seconds: f64| (seconds * 1e6).round();
    let figures = figures.into_iter().map(|figures| ConsumerFigures {
        seconds: round(figures.seconds),
        database_seconds: round(figures.database_seconds),
        ..figures
    });
    figures.collect()
}

async fn figures(pool: &PgPool) -> Vec<ConsumerFigures> {
    rounded(read(pool).await.consumers)
}

/// Batches are written while two housekeepers fold and somebody reads: no reading is ever too low, or more than was written in the
/// end, and in the end it is exact.
async fn folding_is_exact(first: Vec<Drawn>, meanwhile: Vec<Drawn>) {
    let database = TestDatabase::new().await;
    let pool = &database.pool;
    for batch in &first {
        write(pool, batch).await;
    }
    assert_eq!(figures(pool).await, rounded(expected_figures(&first)));
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
    let figures_of_all = rounded(expected_figures(&all));
    assert_eq!(counts(pool).await, expected(&all));
    assert_eq!(figures(pool).await, figures_of_all);
    assert_eq!(fold_all(pool, NOON + Duration::SECOND).await, all.len() as u64 - old);
    assert_eq!(counts(pool).await, expected(&all));
    assert_eq!(figures(pool).await, figures_of_all);
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
