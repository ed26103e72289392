use std::collections::BTreeMap;

use proptest::prelude::*;
use store::audit_log::{self, Entry, Place, Row};
use testkit::TestDatabase;
use testkit::sqlx::{self, AssertSqlSafe, Connection as _, PgConnection};
use time::{Duration, OffsetDateTime};

use crate::{NOON, sqlstate};

fn entry(chain: &str, event_id: &str) -> Entry {
    Entry {
        chain: chain.to_owned(),
        event_source: "/test".to_owned(),
        event_id: event_id.to_owned(),
        event_type: "user.auth".to_owned(),
        user_id: "u-1".to_owned(),
        action: "login".to_owned(),
        resource: "session".to_owned(),
        status: "success".to_owned(),
        detail: None,
        is_stale: false,
        correlation_id: None,
        causation_id: None,
        occurred_at: NOON,
    }
}

async fn append(database: &TestDatabase, entries: &[Entry]) {
    let mut transaction = database.pool.begin().await.unwrap();
    audit_log::append(&mut transaction, entries, NOON).await.unwrap();
    transaction.commit().await.unwrap();
}

async fn rows(database: &TestDatabase, chain: &str) -> Vec<Row> {
    let mut connection = database.pool.acquire().await.unwrap();
    audit_log::page(&mut connection, chain, 0, 10_000).await.unwrap()
}

/// Follows a chain from its first row to its head, and gives the ids of its events.
async fn ids(database: &TestDatabase, chain: &str) -> Vec<String> {
    let mut place = Place::start();
    let mut ids = Vec::new();
    for row in rows(database, chain).await {
        assert_eq!((row.seq, &row.previous_hash), (place.seq + 1, &place.hash), "{chain}");
        assert_eq!(row.hash, row.hash_after(&place), "{chain} {}", row.seq);
        place = Place { seq: row.seq, hash: row.hash };
        ids.push(row.entry.event_id);
    }
    let head = audit_log::head(&mut database.pool.acquire().await.unwrap(), chain).await.unwrap();
    assert_eq!(head.unwrap_or_else(Place::start), place, "{chain}");
    ids
}

#[tokio::test]
async fn entries_go_to_their_chains_in_their_order_and_read_back_as_they_were() {
    let database = TestDatabase::new().await;
    let moment = NOON + Duration::nanoseconds(1_999);
    let full = Entry {
        detail: Some("é".to_owned()),
        is_stale: true,
        correlation_id: Some(String::new()),
        causation_id: Some("e-0".to_owned()),
        occurred_at: OffsetDateTime::UNIX_EPOCH - Duration::nanoseconds(1),
        ..entry("b/0", "2")
    };
    let mut transaction = database.pool.begin().await.unwrap();
    audit_log::append(&mut transaction, &[entry("b/0", "1"), entry("a/1", "1"), full.clone()], moment).await.unwrap();
    audit_log::append(&mut transaction, &[], moment).await.unwrap();
    audit_log::append(&mut transaction, &[entry("a/1", "2")], moment).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(
        (ids(&database, "a/1").await, ids(&database, "b/0").await),
        (vec!["1".into(), "2".into()], vec!["1".into(), "2".into()])
    );
    let row = rows(&database, "b/0").await.remove(1);
    assert_eq!(row.recorded_at, NOON + Duration::microseconds(1));
    assert_eq!(row.entry, Entry { occurred_at: OffsetDateTime::UNIX_EPOCH - Duration::MICROSECOND, ..full });
}

#[tokio::test]
async fn what_is_rolled_back_leaves_no_trace() {
    let database = TestDatabase::new().await;
    append(&database, &[entry("a/0", "1")]).await;
    let mut transaction = database.pool.begin().await.unwrap();
    audit_log::append(&mut transaction, &[entry("a/0", "2"), entry("b/0", "2")], NOON).await.unwrap();
    transaction.rollback().await.unwrap();
    append(&database, &[entry("a/0", "3")]).await;
    assert_eq!(ids(&database, "a/0").await, ["1", "3"]);
    let mut connection = database.pool.acquire().await.unwrap();
    assert_eq!(audit_log::chains(&mut connection).await.unwrap(), ["a/0"]);
}

#[tokio::test]
async fn transactions_that_add_to_the_same_chains_at_once_keep_them_whole() {
    let database = TestDatabase::new().await;
    let writer = |name: &'static str, chains: [&'static str; 3]| {
        let database = &database;
        async move {
            let mut connection = database.pool.acquire().await.unwrap();
            for number in 0..40 {
                let mut transaction = connection.begin().await.unwrap();
                // Whatever order they come in: two writers would each hold what the other waits for, were it the order of locking.
                let entries = chains.map(|chain| entry(chain, &format!("{name}{number}")));
                audit_log::append(&mut transaction, &entries, NOON).await.unwrap();
                transaction.commit().await.unwrap();
            }
        }
    };
    tokio::join!(
        writer("x", ["a/0", "b/0", "c/0"]),
        writer("y", ["c/0", "b/0", "a/0"]),
        writer("z", ["b/0", "d/0", "a/0"]),
    );
    for (chain, expected) in [("a/0", 120), ("b/0", 120), ("c/0", 80), ("d/0", 40)] {
        let ids = ids(&database, chain).await;
        assert_eq!(ids.len(), expected, "{chain}");
        for name in ["x", "y", "z"] {
            let of_writer: Vec<usize> =
                ids.iter().filter_map(|id| id.strip_prefix(name)).map(|number| number.parse().unwrap()).collect();
            assert!(of_writer.is_sorted(), "{chain}: {of_writer:?}");
        }
    }
}

#[tokio::test]
async fn a_chain_whose_head_was_removed_goes_on_after_its_last_row() {
    let database = TestDatabase::new().await;
    append(&database, &[entry("a/0", "1"), entry("a/0", "2")]).await;
    let mut owner = PgConnection::connect(&database.owner_url()).await.unwrap();
    sqlx::query("delete from audit_heads").execute(&mut owner).await.unwrap();
    append(&database, &[entry("a/0", "3")]).await;
    assert_eq!(ids(&database, "a/0").await, ["1", "2", "3"]);
}

#[tokio::test]
async fn rows_are_only_ever_added_whoever_tries() {
    let database = TestDatabase::new().await;
    append(&database, &[entry("a/0", "1"), entry("a/0", "2")]).await;
    let statements = [
        "update audit_log set status = 'failure'",
        "update audit_log set status = 'failure' where false",
        "delete from audit_log where seq = 2",
        "truncate audit_log",
        "insert into audit_log select * from audit_log on conflict (chain, seq) do update set status = 'x'",
        "merge into audit_log using (select 1) as one on true when matched then delete",
        "set session_replication_role = replica; update audit_log set status = 'failure'",
    ];
    let superuser = database.owner_url().replace("onceward_owner", "postgres");
    for url in [database.url(), database.owner_url(), superuser] {
        for statement in statements {
            let mut connection = PgConnection::connect(&url).await.unwrap();
            let refused = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap_err();
            assert_eq!(sqlstate(&refused), "42501", "{statement} as {url}: {refused}");
        }
    }
    assert_eq!(ids(&database, "a/0").await, ["1", "2"]);
}

#[tokio::test]
async fn every_chain_of_which_anything_is_left_is_known() {
    let database = TestDatabase::new().await;
    let chains = ["a/0", "a/1", "b/0", "z/9"];
    append(&database, &chains.map(|chain| entry(chain, "1"))).await;
    let mut owner = PgConnection::connect(&database.owner_url()).await.unwrap();
    sqlx::raw_sql(
        "delete from audit_heads where chain in ('a/1', 'b/0');
         insert into audit_heads values ('head/0', 1, sha256(''));
         insert into audit_verifications values ('gone/0', 1, sha256(''), now());
         insert into audit_verifications values ('never/0', 0, sha256(''), now())",
    )
    .execute(&mut owner)
    .await
    .unwrap();
    assert_eq!(audit_log::chains(&mut owner).await.unwrap(), ["a/0", "a/1", "b/0", "gone/0", "head/0", "z/9"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// However entries are cut into transactions, and whichever chains they are of.
    #[test]
    fn each_chain_has_its_entries_once_in_their_order(
        batches in proptest::collection::vec(proptest::collection::vec(0_u8..4, 0..9), 1..9),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let database = TestDatabase::new().await;
            let mut expected: BTreeMap<String, Vec<String>> = BTreeMap::new();
            let mut number = 0;
            for batch in batches {
                let mut entries = Vec::new();
                for partition in batch {
                    number += 1;
                    let (chain, id) = (format!("t/{partition}"), number.to_string());
                    entries.push(entry(&chain, &id));
                    expected.entry(chain).or_default().push(id);
                }
                append(&database, &entries).await;
            }
            for (chain, expected) in expected {
                assert_eq!(ids(&database, &chain).await, expected, "{chain}");
            }
        });
    }
}

/// Whoever may write the heads must not be able to stop what is recorded, nor to turn a head back unseen.
#[tokio::test]
async fn a_head_that_was_turned_back_stops_nothing_and_the_chain_shows_it() {
    let database = TestDatabase::new().await;
    let events: Vec<Entry> = (1..=4).map(|id| entry("a/0", &id.to_string())).collect();
    append(&database, &events).await;
    sqlx::query("update audit_heads set seq = 2, hash = (select hash from audit_log where seq = 2)")
        .execute(&database.pool)
        .await
        .unwrap();
    append(&database, &[entry("a/0", "5"), entry("b/0", "1")]).await;
    append(&database, &[entry("a/0", "6")]).await;
    let rows = rows(&database, "a/0").await;
    assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    assert_eq!(rows[4].previous_hash, rows[1].hash, "it builds on the row that the head named");
    assert_eq!(rows[4].hash_at(5).to_vec(), rows[4].hash);
    assert_eq!(rows[5].previous_hash, rows[4].hash);
    assert_eq!(ids(&database, "b/0").await, ["1"]);
}
