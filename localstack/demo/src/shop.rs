//! The fourth act: an order whose payment comes first, stock that runs out, and a load of a shop with every trouble, compared.

use anyhow::{Context as _, bail};
use console::style;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};
use tokio::process::Command;
use uuid::Uuid;

use crate::api::Api;
use crate::mishaps::until;
use crate::progress::Step;
use crate::report::Row;
use crate::services::Stage;

/// What the load is made of: 400 events, a part of them twice or late, and rubbish between them.
const LOAD: [&str; 11] =
    ["load", "--count", "400", "--seed", "1", "--duplicates", "0.05", "--rubbish", "0.03", "--out-of-order", "0.1"];

/// A shop that nobody else knows.
pub(crate) struct Shop<'a> {
    stage: &'a Stage,
    api: &'a Api,
    now: OffsetDateTime,
    name: String,
}

impl<'a> Shop<'a> {
    pub(crate) fn new(stage: &'a Stage, api: &'a Api, now: OffsetDateTime) -> Self {
        let name = format!("demo-{}", Uuid::from_u128(now.unix_timestamp_nanos().unsigned_abs()).simple());
        Self { stage, api, now, name }
    }

    /// Plays it, and says what was expected and what came of it.
    pub(crate) async fn play(&self) -> anyhow::Result<Vec<Row>> {
        let mut rows = self.order().await?;
        rows.extend(self.stock().await?);
        rows.extend(self.contradiction().await?);
        rows.extend(self.load().await?);
        Ok(rows)
    }

    /// Two payments come before their order, the order before its user, and each of them twice.
    async fn order(&self) -> anyhow::Result<Vec<Row>> {
        let step = Step::start("Paying an order before it is placed, by somebody who has not registered");
        let order = self.id("o");
        let pay = |payment: &str, amount: i64| json!({"paymentId": self.id(payment), "orderId": order, "amount": amount, "currency": "EUR", "status": "settled"});
        let placed = self.event("order", 2, "order.placed", &self.placed(2));
        let payments = [
            self.event("first", 3, "payment.settled", &pay("p1", 1000)),
            self.event("second", 4, "payment.settled", &pay("p2", 1100)),
        ];
        let user = json!({"userId": self.id("u"), "userType": "guest", "email": format!("{}@example.com", self.name)});
        let user = self.event("user", 1, "user.registered", &user);
        for batch in [json!(payments), json!([placed]), json!([user])] {
            self.api.send(&batch).await?;
            self.api.send(&batch).await?;
        }
        step.waits_for("Waiting for the order and its payments".to_owned());
        let path = format!("/orders/{order}");
        until(async || Ok(self.get(&path).await?["paymentStatus"] == "paid")).await?;
        let shown = self.get(&path).await?;
        let items = shown["items"].as_array().map_or(0, Vec::len) as u64;
        let payments = shown["payments"].as_array().map_or(0, Vec::len) as u64;
        let rows = vec![
            Row::new("order", "lines", 1, items),
            Row::new("order", "payments, each once", 2, payments),
            Row::new("order", "total in cents", 2100, shown["total"].as_u64().unwrap_or_default()),
            Row::new("order", "paid", 1, (shown["paymentStatus"] == "paid").into()),
        ];
        let what = "Payments came before their order, the order before its user, each twice; the order is paid once";
        step.end(rows.iter().all(Row::is_right), what);
        Ok(rows)
    }

    /// More is sold than there is, which shows, until some is delivered.
    async fn stock(&self) -> anyhow::Result<Vec<Row>> {
        let step = Step::start("Selling more than there is");
        let sku = self.id("mug");
        let adjust =
            |id: &str, delta: i64| json!({"adjustmentId": self.id(id), "sku": sku, "delta": delta, "reason": "demo"});
        let path = format!("/inventory/{sku}");
        self.api.send(&json!([self.event("sold", 5, "inventory.adjusted", &adjust("a1", -2))])).await?;
        until(async || Ok(self.get(&path).await?["quantity"] == json!(-2))).await?;
        let shown = self.get(&path).await?;
        let oversold = shown["quantity"] == json!(-2) && shown["oversold"] == json!(true);
        self.api.send(&json!([self.event("delivered", 6, "inventory.adjusted", &adjust("a2", 10))])).await?;
        until(async || Ok(self.get(&path).await?["quantity"] == json!(8))).await?;
        let left = self.get(&path).await?["quantity"].as_u64().unwrap_or_default();
        let rows = vec![
            Row::new("stock", "oversold: shown", 1, oversold.into()),
            Row::new("stock", "after a delivery", 8, left),
        ];
        step.end(rows.iter().all(Row::is_right), "Sold more than there was, which showed; a delivery made up for it");
        Ok(rows)
    }

    /// Another order under the same id is kept as a dead letter, and the first stands.
    async fn contradiction(&self) -> anyhow::Result<Vec<Row>> {
        let step = Step::start("Placing another order under the same id");
        let event = self.event("contradiction", 7, "order.placed", &self.placed(3));
        self.api.send(&json!([event])).await?;
        let list = format!("/api/dead-letters?eventId={}-contradiction", self.name);
        let kept = async || {
            let page = self.get(&list).await?;
            let letters = page["items"].as_array().cloned().unwrap_or_default();
            anyhow::Ok(letters.iter().filter(|letter| letter["errorClass"] == "other-content").count() as u64)
        };
        until(async || Ok(kept().await? > 0)).await?;
        let total = self.get(&format!("/orders/{}", self.id("o"))).await?["total"].as_u64().unwrap_or_default();
        let rows =
            vec![Row::new("conflict", "kept", 1, kept().await?), Row::new("conflict", "total as it was", 2100, total)];
        step.end(rows.iter().all(Row::is_right), "Another order under the same id was kept, and the first one stands");
        Ok(rows)
    }

    /// What `make producer` sends and compares.
    async fn load(&self) -> anyhow::Result<Vec<Row>> {
        let step = Step::start("Sending the events of a busy shop, a part of them twice, late, or broken");
        let journal = self.stage.journals.join(format!("{}.jsonl", self.name));
        let journal = journal.to_str().context("the folder of the journals has no plain name")?;
        let load = format!("{}-load", self.name);
        self.producer(&[&LOAD[..], &["--name", &load, "--journal", journal]].concat()).await?;
        step.waits_for("Comparing the journal with the database".to_owned());
        let (verdict, ended_well) = self.producer(&["verify", journal, "--json"]).await?;
        let verdict: Value = serde_json::from_str(&verdict).context("the comparison is not understood")?;
        let found = |what: &str| verdict[what].as_array().map_or(1, Vec::len) as u64;
        let rows = vec![
            Row::new("load", "missing", 0, found("missing")),
            Row::new("load", "lost", 0, found("lost")),
            Row::new("load", "doubled", 0, found("doubled")),
            Row::new("load", "unequal", 0, found("unequal")),
            Row::new("load", "verify is clean", 1, ended_well.into()),
        ];
        let verify = style("make producer DO=verify").cyan();
        step.end(rows.iter().all(Row::is_right), &format!("{verify}: complete, once each, totals equal"));
        Ok(rows)
    }

    /// What `make producer` says, and whether it ends well.
    async fn producer(&self, arguments: &[&str]) -> anyhow::Result<(String, bool)> {
        let mut command = Command::new(self.stage.root.join("target/debug/producer"));
        let output = command.args(arguments).current_dir(&self.stage.root).output().await;
        let output = output.context("cannot run what `make producer` runs")?;
        if !output.status.success() && arguments.first() != Some(&"verify") {
            bail!("{arguments:?} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok((String::from_utf8_lossy(&output.stdout).into_owned(), output.status.success()))
    }

    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        Ok(self.api.get(path).await?.unwrap_or_default())
    }

    fn id(&self, of: &str) -> String {
        format!("{}-{of}", self.name)
    }

    fn placed(&self, quantity: u32) -> Value {
        let items = json!([{"sku": self.id("mug"), "quantity": quantity, "unitPrice": 1050}]);
        json!({"orderId": self.id("o"), "userId": self.id("u"), "items": items, "currency": "EUR"})
    }

    /// An event of so many seconds after the shop opened, which was a minute ago.
    fn event(&self, id: &str, second: u32, event_type: &str, data: &Value) -> Value {
        let time = self.now - Duration::MINUTE + Duration::seconds(second.into());
        json!({
            "specversion": "1.0", "id": self.id(id), "source": "/demo", "type": event_type,
            "time": time.format(&Rfc3339).unwrap_or_default(), "data": data,
        })
    }
}
