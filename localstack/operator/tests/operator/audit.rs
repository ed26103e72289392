//! Whether the audit log was tampered with, as a person asks.

use std::process::Command;

use audit_verify::AuditVerify;
use serde_json::{Value, json};
use settings::Environment;
use store::audit_log::{self, Entry};
use testkit::sqlx::{self, AssertSqlSafe, Connection as _, PgConnection};
use testkit::{TestDatabase, TestTopic, bootstrap};

use crate::support::{NOW, Said, said};

const BROKER: &str = "KAFKA_BOOTSTRAP_SERVERS";

struct World {
    database: TestDatabase,
    topic: TestTopic,
}

impl World {
    async fn new() -> Self {
        let world = Self { database: TestDatabase::new().await, topic: TestTopic::new(1).await };
        let entries: Vec<Entry> = (0..5).flat_map(|_| ["user.events/0", "user.events/1"].map(entry)).collect();
        let mut transaction = world.database.pool.begin().await.unwrap();
        audit_log::append(&mut transaction, &entries, NOW).await.unwrap();
        transaction.commit().await.unwrap();
        world
    }

    fn variables(&self) -> [(&'static str, String); 3] {
        let (url, topic) = (self.database.url(), self.topic.name.clone());
        [("DATABASE_URL", url), (BROKER, bootstrap()), ("TOPIC_AUDIT_CHECKPOINTS", topic)]
    }

    async fn checkpoint(&self) {
        let environment = Environment::from_iter(self.variables());
        AuditVerify::start(&environment).unwrap().handle(None, NOW).await.unwrap();
    }

    async fn tamper(&self, statements: &str) {
        let mut owner = PgConnection::connect(&self.database.owner_url()).await.unwrap();
        let all = format!("alter table audit_log disable trigger audit_log_append_only; {statements}");
        sqlx::raw_sql(AssertSqlSafe(all)).execute(&mut owner).await.unwrap();
    }

    /// Removes the end of a chain so that the database alone does not show it.
    async fn cut_off(&self) {
        self.tamper(
            "delete from audit_verifications; delete from audit_log where chain = 'user.events/1' and seq > 3;
             update audit_heads set seq = 3, hash = (select hash from audit_log where chain = 'user.events/1' and seq = 3)
             where chain = 'user.events/1'",
        )
        .await;
    }

    fn verify(&self, arguments: &[&str], more: &[(&str, &str)]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_operator"));
        command.arg("audit-verify").args(arguments).envs(self.variables()).envs(more.iter().copied());
        said(command.output().unwrap())
    }
}

fn entry(chain: &str) -> Entry {
    Entry {
        chain: chain.to_owned(),
        event_source: "/test".to_owned(),
        event_id: "e".to_owned(),
        event_type: "user.auth".to_owned(),
        user_id: "u-1".to_owned(),
        action: "login".to_owned(),
        resource: "session".to_owned(),
        status: "success".to_owned(),
        detail: None,
        is_stale: false,
        correlation_id: None,
        causation_id: None,
        occurred_at: NOW,
    }
}

#[tokio::test]
async fn a_log_that_holds_says_so_and_without_any_checkpoint_what_it_cannot_tell() {
    let world = World::new().await;
    let before = world.verify(&[], &[]);
    assert_eq!(before.code, 0, "{before:?}");
    assert!(
        before.out.contains("There are no checkpoints yet") && before.out.contains("Every chain holds."),
        "{before:?}"
    );
    world.checkpoint().await;
    let after = world.verify(&[], &[]);
    assert_eq!(after.code, 0, "{after:?}");
    assert_eq!(
        after.out,
        "CHAIN          ROWS THAT HOLD  PLACES COMPARED  VERDICT\n\
         user.events/0               5                2  holds\n\
         user.events/1               5                2  holds\n\
         \nEvery chain holds.\n"
    );
}

#[tokio::test]
async fn a_broken_chain_is_named_with_its_first_row_and_the_way_and_the_exit_code_is_1() {
    let world = World::new().await;
    world.checkpoint().await;
    world.tamper("delete from audit_log where chain = 'user.events/1' and seq = 3").await;
    let text = world.verify(&[], &[]);
    assert_eq!(text.code, 1, "{text:?}");
    for part in [
        "removed at row 3",
        "user.events/1 is broken at row 3 (removed): row 3 is missing",
        "where chain = 'user.events/1' and seq >= 1",
    ] {
        assert!(text.out.contains(part), "{part}: {}", text.out);
    }
    let json = world.verify(&["--json"], &[]);
    assert_eq!(json.code, 1, "{json:?}");
    let answer: Value = serde_json::from_str(&json.out).unwrap();
    let what = "row 3 is missing, and row 4 follows";
    assert_eq!(answer["broken"], json!([{"chain": "user.events/1", "seq": 3, "how": "removed", "what": what}]));
    assert_eq!(answer["chains"][0], json!({"chain": "user.events/0", "rows": 5, "compared": 2}));
}

#[tokio::test]
async fn what_only_a_checkpoint_tells_is_not_told_without_and_that_is_said() {
    let world = World::new().await;
    world.checkpoint().await;
    world.cut_off().await;
    let with = world.verify(&[], &[]);
    assert_eq!(with.code, 1, "{with:?}");
    assert!(with.out.contains("cut_off at row 4"), "{with:?}");
    let without = world.verify(&["--without-checkpoints"], &[(BROKER, "127.0.0.1:1")]);
    assert_eq!(without.code, 0, "{without:?}");
    assert!(without.out.contains("Without checkpoints, rows that were cut off"), "{without:?}");
}

#[tokio::test]
async fn while_kafka_is_away_it_says_what_to_do() {
    let world = World::new().await;
    let said = world.verify(&[], &[(BROKER, "127.0.0.1:1")]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("--without-checkpoints") && said.out.is_empty(), "{said:?}");
}

#[tokio::test]
async fn a_restored_chain_is_accepted_with_a_reason_and_that_is_on_record_and_shown_ever_after() {
    let world = World::new().await;
    world.checkpoint().await;
    world.cut_off().await;
    assert_eq!(world.verify(&[], &[]).code, 1);
    let without = world.verify(&["--accept", "user.events/1"], &[]);
    assert!(without.code == 1 && without.err.contains("--reason"), "{without:?}");
    let accepted = world.verify(&["--accept", "user.events/1", "--reason", "restored"], &[("USER", "ada")]);
    assert_eq!(accepted.code, 0, "{accepted:?}");
    assert!(accepted.out.contains("at row 3 (row 5 before)"), "{accepted:?}");
    let after = world.verify(&[], &[]);
    assert_eq!(after.code, 0, "{after:?}");
    assert!(after.out.contains("user.events/1 was accepted by operator:ada"), "{after:?}");
    assert!(after.out.contains("(row 5 before): restored"), "{after:?}");
    let events: Vec<String> = sqlx::query_scalar("select convert_from(payload, 'UTF8') from outbox")
        .fetch_all(&world.database.pool)
        .await
        .unwrap();
    assert_eq!(events.len(), 1);
    for part in ["audit.accepted", "operator:ada", "audit/user.events/1", "from row 5 to row 3", "restored"] {
        assert!(events[0].contains(part), "{part}: {events:?}");
    }
}

#[tokio::test]
async fn checkpoints_that_were_removed_are_said_and_the_exit_code_is_1() {
    let world = World::new().await;
    world.checkpoint().await;
    world.topic.remove_before(0, 1).await;
    let said = world.verify(&[], &[]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("Checkpoints were removed") && !said.out.contains("no checkpoints yet"), "{said:?}");
}
