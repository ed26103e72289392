use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use store::consumer_batches::{self, ConsumerBatch};
use store::figures::{self, DURATION_BOUNDS, Figures, Parked};
use store::housekeeping;
use testkit::TestDatabase;
use time::macros::datetime;

use crate::{NOON, sqlstate};

const LIMIT: Duration = Duration::from_secs(10);

/// All figures.
pub async fn read(pool: &PgPool) -> Figures {
    figures::read(&mut pool.acquire().await.unwrap(), LIMIT).await.unwrap()
}

/// Counted plainly: each in the first bucket whose bound it does not exceed.
pub fn histogram(seconds: impl Iterator<Item = f64>) -> Vec<i64> {
    let mut counts = vec![0; DURATION_BOUNDS.len() + 1];
    for seconds in seconds {
        let bound = DURATION_BOUNDS.iter().position(|bound| seconds <= *bound);
        counts[bound.unwrap_or(DURATION_BOUNDS.len())] += 1;
    }
    counts
}

/// A batch with one event, applied at once.
async fn write(pool: &PgPool, seconds: f64, database_seconds: f64) {
    let mut ages = [0; consumer_batches::AGE_BOUNDS.len() + 1];
    ages[0] = 1;
    let batch = ConsumerBatch {
        consumer: "c",
        processed_at: NOON,
        records: 1,
        retries: 0,
        seconds,
        database_seconds,
        counts: vec![("t", "applied", 1)],
        ages,
        age_seconds: 0.0,
    };
    consumer_batches::insert(&mut pool.acquire().await.unwrap(), &batch).await.unwrap();
}

async fn fold(pool: &PgPool, limit: i64) -> u64 {
    let before = NOON + time::Duration::SECOND;
    housekeeping::fold_consumer_batches(&mut pool.acquire().await.unwrap(), before, limit).await.unwrap()
}

async fn execute(database: &TestDatabase, statements: &str) {
    let mut owner = PgConnection::connect(&database.owner_url()).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut owner).await.unwrap();
}

#[tokio::test]
async fn a_database_in_which_nothing_happened_has_no_figures() {
    let database = TestDatabase::new().await;
    let figures = read(&database.pool).await;
    assert_eq!((figures.events.len(), figures.consumers.len(), figures.failures.len()), (0, 0, 0));
    assert_eq!((figures.parked.len(), figures.dead_letters.len()), (0, 0));
    assert_eq!(figures.outbox, []);
    assert_eq!((figures.audit_chains, figures.audit_broken_chains, figures.audit_verified_at), (0, 0, None));
}

#[tokio::test]
async fn a_batch_that_took_as_long_as_a_bound_is_counted_at_that_bound_folded_or_not() {
    let database = TestDatabase::new().await;
    let pool = &database.pool;
    for bound in DURATION_BOUNDS {
        write(pool, bound, bound.next_up()).await;
    }
    let mut on = vec![1; DURATION_BOUNDS.len()];
    on.push(0);
    let mut above = vec![0];
    above.extend([1; DURATION_BOUNDS.len()]);
    for folded in [0, 5, DURATION_BOUNDS.len() as u64 - 5] {
        assert_eq!(fold(pool, folded.cast_signed()).await, folded);
        let figures = read(pool).await.consumers.remove(0);
        assert_eq!((&figures.durations, &figures.database_durations), (&on, &above), "{folded} more folded");
    }
}

/// The release before told of no transactions, and its totals have no buckets.
#[tokio::test]
async fn what_a_release_before_wrote_is_counted_and_in_no_bucket_of_what_it_did_not_measure() {
    let database = TestDatabase::new().await;
    let pool = &database.pool;
    execute(
        &database,
        "insert into consumer_batch_totals (consumer, batches, records, retries, seconds, ages, age_seconds, last_batch_at)
             values ('c', 7, 70, 1, 3.5, '{7}', 1, '2026-11-01Z');
         insert into consumer_batches (
             consumer, processed_at, records, retries, seconds, types, outcomes, counts, ages, age_seconds
         ) values ('c', '2026-11-15 12:00Z', 10, 0, 0.5, '{}', '{}', '{}', '{}', 0)",
    )
    .await;
    write(pool, 0.5, 0.25).await;
    for folded in [0, 1, 1] {
        assert_eq!(fold(pool, folded).await, folded.unsigned_abs());
        let figures = read(pool).await.consumers.remove(0);
        assert_eq!((figures.batches, figures.records, figures.seconds), (9, 81, 4.5));
        assert_eq!(figures.durations, histogram([0.5, 0.5].into_iter()));
        assert_eq!(figures.database_durations, histogram([0.25].into_iter()));
        assert_eq!((figures.database_seconds, figures.ages[0]), (0.25, 8));
        assert_eq!(figures.last_batch_at, NOON);
    }
}

/// Every batch has one event, so that a batch that was counted twice, or missed by one figure, shows.
#[tokio::test(flavor = "multi_thread")]
async fn figures_are_of_one_moment_while_batches_are_written_and_folded() {
    let database = TestDatabase::new().await;
    let pool = &database.pool;
    let writer = async {
        for _ in 0..300 {
            write(pool, 0.5, 0.5).await;
        }
    };
    let folder = async {
        let mut folded = 0;
        while folded < 300 {
            folded += fold(pool, 7).await;
        }
    };
    let reader = async {
        let mut least = 0;
        while least < 300 {
            let figures = read(pool).await;
            let events: i64 = figures.events.iter().map(|count| count.events).sum();
            let of = figures.consumers.first();
            let sum = |counts: &[i64]| counts.iter().sum::<i64>();
            let counts = of.map_or([0; 5], |of| {
                [of.batches, of.records, sum(&of.durations), sum(&of.database_durations), sum(&of.ages)]
            });
            assert_eq!(counts, [events; 5]);
            assert!(events >= least, "{events} after {least}");
            least = events;
        }
    };
    tokio::join!(writer, folder, reader);
}

#[tokio::test]
async fn everything_that_waits_or_failed_is_counted() {
    let database = TestDatabase::new().await;
    execute(
        &database,
        "insert into blocked_keys select 'c', 't', n::text::bytea, now() from generate_series(1, 3) as n;
         insert into parked_events (consumer, topic, queue, partition, record_offset, value, headers, parked_at, tries)
             select 'c', 't', n::text::bytea, 0, n, '', '', now(), 0 from generate_series(1, 3) as n;
         insert into dead_letters (
             consumer, topic, partition, record_offset, headers, error_class, error, attempts, state, resolved_at
         )
             select 'c', 't', 0, n, '', case when n = 4 then 'panic' else 'malformed' end, 'e', 1,
                 case when n < 3 then 'open' else 'discarded' end, case when n >= 3 then now() end
             from generate_series(1, 4) as n;
         insert into outbox (id, aggregatetype, aggregateid, type, payload, created_at)
             select gen_random_uuid(), 't', n::text, 'x', '', now() - interval '1 hour' from generate_series(1, 5) as n;
         insert into outbox_failures values ('t', '1', 1, 1, 'e', now(), now());
         insert into outbox_totals values ('t', 0, 3, 1), ('t', 5, 4, 0), ('published', 2, 9, 0);
         insert into consumer_failures values ('c', 't', 2, 'breaker', 17, '2026-11-15 12:00Z', 'too many', 4);
         insert into audit_verifications values
             ('a/0', 1, '', '2026-11-15 12:00Z', null, null, null), ('a/1', 1, '', '2026-11-15 11:00Z', null, 5, 'edited'),
             ('a/2', 1, '', 'infinity', null, 5, 'removed')",
    )
    .await;
    let figures = read(&database.pool).await;
    assert_eq!(figures.parked, [Parked { consumer: "c".to_owned(), events: 3 }]);
    let letters = figures.dead_letters.iter();
    let letters: Vec<String> = letters
        .map(|count| format!("{} {} {} {}", count.consumer, count.error_class, count.state, count.letters))
        .collect();
    assert_eq!(letters, ["c malformed discarded 1", "c panic discarded 1", "c malformed open 2"]);
    let outbox: Vec<_> = figures
        .outbox
        .iter()
        .map(|of| (of.topic.as_str(), [of.pending, of.stopped_keys, of.published, of.failed]))
        .collect();
    assert_eq!(outbox, [("published", [0, 0, 9, 0]), ("t", [5, 1, 7, 1])]);
    let ages = [figures.outbox[0].oldest_age_seconds, figures.outbox[1].oldest_age_seconds];
    assert!(matches!(ages, [None, Some(3600.0..3700.0)]), "{ages:?}");
    let failure = &figures.failures[0];
    assert_eq!((failure.consumer.as_str(), failure.topic.as_str(), failure.partition), ("c", "t", 2));
    assert_eq!((failure.reason.as_str(), failure.first_offset, failure.failures), ("breaker", 17, 4));
    assert_eq!((failure.message.as_str(), failure.failed_at), ("too many", datetime!(2026-11-15 12:00 UTC)));
    assert_eq!((figures.audit_chains, figures.audit_broken_chains), (3, 2));
    assert_eq!(figures.audit_verified_at, Some(datetime!(2026-11-15 12:00 UTC)));
}

#[tokio::test]
async fn a_reading_that_takes_too_long_is_ended_and_leaves_nothing_behind() {
    let database = TestDatabase::new().await;
    let mut owner = PgConnection::connect(&database.owner_url()).await.unwrap();
    let mut transaction = owner.begin().await.unwrap();
    sqlx::query("lock table outbox_failures").execute(&mut *transaction).await.unwrap();
    let started = std::time::Instant::now();
    let mut connection = database.pool.acquire().await.unwrap();
    let ended = figures::read(&mut connection, Duration::from_millis(200)).await.unwrap_err();
    assert_eq!(sqlstate(&ended), "25P04", "{ended}");
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    drop(connection);
    transaction.rollback().await.unwrap();
    read(&database.pool).await;
}
