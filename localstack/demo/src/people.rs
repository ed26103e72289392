//! The third act: somebody registers, changes their address and logs in; what is on record of it, and how a change of that shows.

use console::style;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::api::Api;
use crate::mishaps::until;
use crate::operator::Operator;
use crate::progress::Step;
use crate::report::Row;
use crate::services::Stage;
use crate::tampering;

/// Two people whom nobody else knows.
pub(crate) struct People<'a> {
    stage: &'a Stage,
    api: &'a Api,
    operator: &'a Operator,
    now: OffsetDateTime,
    anna: String,
    bert: String,
}

impl<'a> People<'a> {
    pub(crate) fn new(stage: &'a Stage, api: &'a Api, operator: &'a Operator, now: OffsetDateTime) -> Self {
        let name =
            |name: &str| format!("{name}-{}", Uuid::from_u128(now.unix_timestamp_nanos().unsigned_abs()).simple());
        Self { stage, api, operator, now, anna: name("anna"), bert: name("bert") }
    }

    /// Plays it, and says what was expected and what came of it.
    pub(crate) async fn play(&self) -> anyhow::Result<Vec<Row>> {
        let mut rows = self.directory().await?;
        rows.extend(self.trail().await?);
        rows.extend(self.address_taken().await?);
        rows.extend(self.verified().await?);
        Ok(rows)
    }

    /// A user registers, two updates arrive out of order, and they log in, twice with success and once without.
    async fn directory(&self) -> anyhow::Result<Vec<Row>> {
        let step = Step::start("Registering a user");
        let accepted = self.api.send(&self.life_of_anna()).await?;
        step.waits_for("Waiting for the directory".to_owned());
        until(async || Ok(self.user(&self.anna).await?["failedLogins"] == json!(1))).await?;
        let user = self.user(&self.anna).await?;
        let rows = vec![
            Row::new("user", "events accepted", 6, accepted),
            Row::new("user", "in the directory", 1, (user["userId"] == json!(self.anna)).into()),
            Row::new("user", "has the newer address", 1, (user["email"] == json!(self.address("new"))).into()),
            Row::new("user", "and the new name", 1, (user["displayName"] == json!("Anna")).into()),
            Row::new("user", "logged in", 1, user["lastLoginAt"].is_string().into()),
            Row::new("user", "failed logins since", 1, user["failedLogins"].as_u64().unwrap_or_default()),
        ];
        step.end(rows.iter().all(Row::is_right), "Registered a user; of two updates out of order the newer one holds");
        Ok(rows)
    }

    fn life_of_anna(&self) -> Value {
        let user = &self.anna;
        let update = |field: &str, value: &str| json!({"userId": user, "updatedFields": [field], field: value});
        let login = |status: &str| json!({"userId": user, "action": "login", "status": status, "ipAddress": "203.0.113.7", "userAgent": "demo"});
        let first = json!({"userId": user, "userType": "student", "email": self.address("first")});
        json!([
            self.event("user.registered", 1, &first, None),
            self.event("user.updated", 3, &update("email", &self.address("new")), Some("0002")),
            self.event("user.updated", 2, &update("email", &self.address("old")), Some("0001")),
            self.event("user.updated", 4, &update("displayName", "Anna"), Some("0003")),
            self.event("user.auth", 5, &login("success"), None),
            self.event("user.auth", 6, &login("failure"), None),
        ])
    }

    /// All of it is on record, and that one update came too late.
    async fn trail(&self) -> anyhow::Result<Vec<Row>> {
        let step = Step::start("Reading the audit trail");
        let page = self.api.get(&format!("/api/audit?user={}", self.anna)).await?.unwrap_or_default();
        let entries = page["items"].as_array().cloned().unwrap_or_default();
        let stale = entries.iter().filter(|entry| entry["isStale"] == json!(true)).count() as u64;
        let personal = page.to_string().contains("example.com");
        let rows = vec![
            Row::new("trail", "events on record", 6, entries.len() as u64),
            Row::new("trail", "of them too late", 1, stale),
            Row::new("trail", "personal data in it", 0, personal.into()),
        ];
        step.end(
            rows.iter().all(Row::is_right),
            "Read the audit trail: every event is on record, and no personal data",
        );
        Ok(rows)
    }

    /// Somebody registers with an address that is taken, which is a dead letter until it is free.
    async fn address_taken(&self) -> anyhow::Result<Vec<Row>> {
        let step = Step::start("Registering another user with an address that is taken");
        let taken = json!({"userId": self.bert, "userType": "student", "email": self.address("new")});
        self.api.send(&json!([self.event("user.registered", 7, &taken, None)])).await?;
        let letters = format!("/api/dead-letters?key={}", self.bert);
        let is_in_state = async |state: &str| {
            let page = self.api.get(&letters).await?.unwrap_or_default();
            anyhow::Ok(
                page["items"].as_array().is_some_and(|letters| letters.iter().any(|letter| letter["state"] == state)),
            )
        };
        let kept = until(async || is_in_state("open").await).await?;
        let moved = json!({"userId": self.anna, "updatedFields": ["email"], "email": self.address("newest")});
        self.api.send(&json!([self.event("user.updated", 8, &moved, Some("0004"))])).await?;
        until(async || Ok(self.user(&self.anna).await?["email"] == json!(self.address("newest")))).await?;
        step.waits_for("Sending it on again, now that the address is free".to_owned());
        let redrive = json!({"filter": {"key": self.bert}});
        let first = self.api.post("/api/dead-letters/redrive", &redrive).await?;
        let applied = until(async || is_in_state("applied").await).await?;
        let user = self.user(&self.bert).await?;
        let rows = vec![
            Row::new("address", "taken: kept", 1, kept.into()),
            Row::new("address", "free: sent on again", 1, first["letters"].as_u64().unwrap_or_default()),
            Row::new("address", "applied", 1, applied.into()),
            Row::new("address", "in the directory", 1, (user["email"] == json!(self.address("new"))).into()),
        ];
        step.end(
            rows.iter().all(Row::is_right),
            "A registration with a taken address was kept, and applied once it was free",
        );
        Ok(rows)
    }

    /// The log is whole; somebody who owns the database changes a row, which shows; and it is whole again.
    async fn verified(&self) -> anyhow::Result<Vec<Row>> {
        let step = Step::start("Verifying the audit log");
        let before = self.operator.verify().await?;
        let changed = tampering::spoil(&self.stage.variables, &self.anna).await?;
        let found = self.operator.verify().await;
        tampering::repair(&self.stage.variables).await?;
        let after = self.operator.verify().await?;
        let found = found?;
        let named = found
            .iter()
            .filter(|broken| (&broken.chain, broken.seq) == (&changed.0, changed.1) && broken.how == "edited");
        let rows = vec![
            Row::new("log", "chains broken", 0, before.len() as u64),
            Row::new("log", "after tampering", 1, found.len() as u64),
            Row::new("log", "and its row named", 1, named.count() as u64),
            Row::new("log", "after that is undone", 0, after.len() as u64),
        ];
        let what = format!("{} found the row that the database's owner had changed", style("make audit-verify").cyan());
        step.end(rows.iter().all(Row::is_right), &what);
        Ok(rows)
    }

    async fn user(&self, id: &str) -> anyhow::Result<Value> {
        Ok(self.api.get(&format!("/users/{id}")).await?.unwrap_or_default())
    }

    fn address(&self, which: &str) -> String {
        format!("{which}.{}@example.com", self.anna)
    }

    /// An event of so many seconds after the beginning of somebody's life, which was a minute ago.
    fn event(&self, event_type: &str, second: u32, data: &Value, sequence: Option<&str>) -> Value {
        let time = self.now - Duration::MINUTE + Duration::seconds(second.into());
        let mut event = json!({
            "specversion": "1.0", "id": format!("{}-{second}", self.anna), "source": "/demo", "type": event_type,
            "time": time.format(&Rfc3339).unwrap_or_default(), "data": data,
        });
        if let Some(sequence) = sequence {
            event["sequence"] = json!(sequence);
        }
        event
    }
}
