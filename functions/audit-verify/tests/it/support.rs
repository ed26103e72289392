use std::time::Duration;

use audit_verify::{AuditVerify, Broken, Checkpoint, Checkpoints, Verified, verify_all};
use settings::Environment;
use store::PgConnection;
use store::audit_log::{self, Entry, Place, Row};
use testkit::sqlx::{self, AssertSqlSafe, Connection as _};
use testkit::{TestDatabase, TestTopic, bootstrap};
use time::OffsetDateTime;
use time::macros::datetime;

pub const NOW: OffsetDateTime = datetime!(2026-11-21 09:30:00.123_456_789 UTC);
/// The chain that is tampered with.
pub const CHAIN: &str = "user.events/0";
/// One that is not.
pub const OTHER: &str = "user.events/1";

/// A log, and a topic for its checkpoints.
pub struct World {
    pub database: TestDatabase,
    pub topic: TestTopic,
}

impl World {
    /// With so many rows in [`CHAIN`], and a few in [`OTHER`].
    pub async fn new(rows: usize) -> Self {
        let world = Self { database: TestDatabase::new().await, topic: TestTopic::new(1).await };
        world.append(CHAIN, rows).await;
        world.append(OTHER, rows.min(10)).await;
        world
    }

    /// As event-fanout does, in transactions of a few rows.
    pub async fn append(&self, chain: &str, rows: usize) {
        let entries: Vec<Entry> = (0..rows).map(|number| entry(chain, number)).collect();
        for some in entries.chunks(7000) {
            let mut transaction = self.database.pool.begin().await.unwrap();
            audit_log::append(&mut transaction, some, NOW).await.unwrap();
            transaction.commit().await.unwrap();
        }
    }

    pub fn environment(&self) -> Environment {
        self.environment_with(&bootstrap())
    }

    pub fn environment_with(&self, broker: &str) -> Environment {
        Environment::from_iter([
            ("DATABASE_URL", self.database.url().as_str()),
            ("KAFKA_BOOTSTRAP_SERVERS", broker),
            ("TOPIC_AUDIT_CHECKPOINTS", &self.topic.name),
        ])
    }

    /// One invocation of the function.
    pub async fn run(&self) -> Verified {
        self.run_at(NOW).await
    }

    pub async fn run_at(&self, now: OffsetDateTime) -> Verified {
        AuditVerify::start(&self.environment()).unwrap().handle(Some(Duration::from_mins(1)), now).await.unwrap()
    }

    /// What a full verification says of [`CHAIN`]. The other one must hold.
    pub async fn full(&self, with_checkpoints: bool) -> Option<Broken> {
        let all = if with_checkpoints {
            Some(Checkpoints::of(&self.environment()).unwrap().all().await.unwrap())
        } else {
            None
        };
        let mut connection = self.database.pool.acquire().await.unwrap();
        let mut reports = verify_all(&mut connection, all, |_| {}).await.unwrap().chains;
        assert!(reports.iter().all(|report| report.chain == CHAIN || report.broken.is_none()), "{reports:?}");
        reports.retain(|report| report.chain == CHAIN);
        reports.pop().and_then(|report| report.broken)
    }

    pub async fn owner(&self) -> PgConnection {
        PgConnection::connect(&self.database.owner_url()).await.unwrap()
    }

    /// The owner takes the trigger away, changes what they like, and brings the trigger back.
    pub async fn tamper(&self, statements: &str) {
        let all = format!(
            "begin; alter table audit_log disable trigger audit_log_append_only; {statements};
             alter table audit_log enable always trigger audit_log_append_only; commit"
        );
        sqlx::raw_sql(AssertSqlSafe(all)).execute(&mut self.owner().await).await.unwrap();
    }

    /// The owner changes rows of [`CHAIN`] from `from` on, and computes every later hash and the head anew.
    pub async fn rewrite(&self, from: i64, change: impl Fn(&mut Row)) {
        let mut owner = self.owner().await;
        let rows = audit_log::page(&mut owner, CHAIN, 0, 1_000_000).await.unwrap();
        let mut before = Place::start();
        let mut statements = Vec::new();
        for mut row in rows {
            if row.seq == from {
                change(&mut row);
            }
            if row.seq >= from {
                row.previous_hash.clone_from(&before.hash);
                row.hash = row.hash_after(&before).to_vec();
                statements.push(format!(
                    "update audit_log set status = '{}', previous_hash = '\\x{}', hash = '\\x{}' where chain = '{CHAIN}' and seq = {}",
                    row.entry.status,
                    audit_log::hex(&row.previous_hash),
                    audit_log::hex(&row.hash),
                    row.seq
                ));
            }
            before = Place { seq: row.seq, hash: row.hash };
        }
        let head = audit_log::hex(&before.hash);
        statements
            .push(format!("update audit_heads set hash = '\\x{head}', seq = {} where chain = '{CHAIN}'", before.seq));
        self.tamper(&statements.join(";")).await;
    }

    /// What stands in the topic.
    pub fn checkpoints(&self) -> Vec<Checkpoint> {
        let read = self.topic.read_all().into_iter();
        read.map(|record| serde_json::from_slice(&record.value.unwrap()).unwrap()).collect()
    }
}

pub fn entry(chain: &str, number: usize) -> Entry {
    Entry {
        chain: chain.to_owned(),
        event_source: "/test".to_owned(),
        event_id: number.to_string(),
        event_type: "user.auth".to_owned(),
        user_id: format!("u-{}", number % 7),
        action: "login".to_owned(),
        resource: "session".to_owned(),
        status: "success".to_owned(),
        detail: (number.is_multiple_of(3)).then(|| "é, 1:x".to_owned()),
        is_stale: number.is_multiple_of(5),
        correlation_id: (number.is_multiple_of(2)).then(|| "c".to_owned()),
        causation_id: None,
        occurred_at: NOW,
    }
}
