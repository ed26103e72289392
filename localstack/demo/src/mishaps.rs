//! The second act: what becomes of records that fail, and of an event that nobody has published yet.

use std::time::Duration;

use anyhow::Context as _;
use console::style;
use store::PgPool;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::copies::Copies;
use crate::database;
use crate::kafka::{MALFORMED, OtherProducer};
use crate::operator::{Letter, Operator};
use crate::plan::{OUTBOX, Plan, REFUSED};
use crate::progress::Step;
use crate::report::Row;
use crate::services::Stage;
use crate::visit::{Link, Visits};

/// How long each of these may take. Ticks come every second here.
const PATIENCE: Duration = Duration::from_secs(20);

/// All that it needs of the first act.
pub(crate) struct Mishaps<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) plan: &'a Plan,
    pub(crate) visits: &'a Visits,
    pub(crate) link: &'a Link,
    pub(crate) producer: &'a OtherProducer,
    pub(crate) copies: &'a Copies,
    pub(crate) pool: &'a PgPool,
    pub(crate) operator: &'a Operator,
}

impl Mishaps<'_> {
    /// Plays it, and says what was expected and what came of it.
    pub(crate) async fn play(&self) -> anyhow::Result<Vec<Row>> {
        let mut rows = self.rubbish().await?;
        rows.extend(self.refused().await?);
        rows.extend(self.outbox().await?);
        Ok(rows)
    }

    /// The record that is no event: a person sees it, and others find it in the topic of dead letters.
    async fn rubbish(&self) -> anyhow::Result<Vec<Row>> {
        let step = Step::start("Looking where the malformed record is");
        let letters = self.operator.list(&self.link.code).await?;
        let mut copied = 0;
        if let [letter] = letters.as_slice() {
            until(async || {
                copied += self.copies.of(letter, &self.link.code, MALFORMED);
                Ok(copied > 0)
            })
            .await?;
        }
        let shown = letters.iter().filter(|letter| letter.state == "open").count() as u64;
        let rows = vec![
            Row::new("rubbish", "shown by make dlq", 1, shown),
            Row::new("rubbish", "copied to the .dlq", 1, copied),
        ];
        let what = format!("{} shows the malformed record, and the relay copied it", style("make dlq").cyan());
        step.end(rows.iter().all(Row::is_right), &what);
        Ok(rows)
    }

    /// A click that the database refuses, until somebody repairs the cause and sends it on again.
    async fn refused(&self) -> anyhow::Result<Vec<Row>> {
        let (time, visit) = &self.plan.refused;
        let event = self.producer.event(*time, visit)?;
        let id = event.id.to_string();
        database::spoil(&self.stage.variables, &self.link.code).await?;
        let step = Step::start("Sending a click that the database refuses");
        self.producer.send_event(&event).await?;
        let is_open = async || Ok(self.letter(&id).await?.is_some_and(|letter| letter.state == "open"));
        let kept = until(is_open).await?;
        let counted_before = self.counted(REFUSED).await?;
        database::repair(&self.stage.variables).await?;
        step.waits_for("Sending it on again, now that it is repaired".to_owned());
        let (first, second) = (self.operator.redrive(&id).await?, self.operator.redrive(&id).await?);
        let is_applied = async || Ok(self.letter(&id).await?.is_some_and(|letter| letter.state == "applied"));
        let applied = until(is_applied).await?;
        let rows = vec![
            Row::new("refused", "kept as dead letter", 1, kept.into()),
            Row::new("refused", "counted meanwhile", 0, counted_before),
            Row::new("refused", "sent on again", 1, first),
            Row::new("refused", "and a second time", 0, second),
            Row::new("refused", "applied", 1, applied.into()),
            Row::new("refused", "counted", 1, self.counted(REFUSED).await?),
        ];
        let what = format!("Repaired what refused a click, and sent it on with {}", style("make dlq").cyan());
        step.end(rows.iter().all(Row::is_right), &what);
        Ok(rows)
    }

    /// A click that is a row of the outbox: the relay publishes it, and then it is counted as any other.
    async fn outbox(&self) -> anyhow::Result<Vec<Row>> {
        let (time, visit) = &self.plan.outbox;
        let event = self.producer.event(*time, visit)?;
        let id = Uuid::try_parse(&event.id.to_string()).context("an id of the demo is a UUID")?;
        let step = Step::start("Waiting for the relay to publish a row of the outbox");
        database::write_outbox(self.pool, &self.producer.topic, &self.link.code, id, &event).await?;
        until(async || Ok(self.counted(OUTBOX).await? > 0)).await?;
        until(async || Ok(database::outbox_rows(self.pool, id).await? == 0)).await?;
        let rows = vec![
            Row::new("outbox", "published and counted", 1, self.counted(OUTBOX).await?),
            Row::new("outbox", "left behind", 0, database::outbox_rows(self.pool, id).await?),
        ];
        let what = "Committed a row of the outbox by hand; the relay published it";
        step.end(rows.iter().all(Row::is_right), what);
        Ok(rows)
    }

    async fn letter(&self, event_id: &str) -> anyhow::Result<Option<Letter>> {
        let letters = self.operator.list(&self.link.code).await?;
        Ok(letters.into_iter().find(|letter| letter.event_id.as_deref() == Some(event_id)))
    }

    async fn counted(&self, country: &str) -> anyhow::Result<u64> {
        let counts = self.visits.counts(self.link, self.plan.hour).await?;
        Ok(counts.countries.get(country).copied().unwrap_or_default())
    }
}

/// Asks until it is so; false when it is not so in time.
pub(crate) async fn until(mut is_so: impl AsyncFnMut() -> anyhow::Result<bool>) -> anyhow::Result<bool> {
    let deadline = Instant::now() + PATIENCE;
    while !is_so().await? {
        if Instant::now() > deadline {
            return Ok(false);
        }
        sleep(Duration::from_millis(200)).await;
    }
    Ok(true)
}
