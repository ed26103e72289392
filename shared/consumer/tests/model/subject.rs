//! The consumers under test. Both do the same, each with its own topics; rows of one are needed by the other.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use consumer::{Consumer, Effect, Entity, Reading, Record, Refusal};
use events::{Data, Event};
use serde::Deserialize;
use store::PgConnection;
use testkit::sqlx;

use crate::case::{Failure, Fault};
use crate::log::CONSUMERS;

/// The consumer of that number, which may tell duplicates by its own table.
pub struct Subject<const N: usize, const OWN: bool> {
    calls: AtomicUsize,
    fault: Fault,
}

/// What an event says is to be done with it.
#[derive(Debug, Deserialize)]
pub struct Told {
    number: i64,
    queue: String,
    place: usize,
    creates: Option<(String, String)>,
    needs: Vec<(String, String)>,
    outcome: String,
}

impl<const N: usize, const OWN: bool> Subject<N, OWN> {
    pub fn new(fault: Fault) -> Self {
        Self { calls: AtomicUsize::new(0), fault }
    }

    /// Fails, where this is the call that is to fail.
    async fn fail(&self, connection: &mut PgConnection) -> Result<(), store::Error> {
        let this = self.calls.fetch_add(1, Ordering::Relaxed);
        let Fault::Fails { call, how } = self.fault else { return Ok(()) };
        if call != this {
            return Ok(());
        }
        let statement = match how {
            Failure::Serialization => "do $$ begin raise exception using errcode = '40001'; end $$",
            Failure::Disconnected => "select pg_terminate_backend(pg_backend_pid())",
            Failure::Ours => "select no_such_function()",
            // Without the hook that writes it down.
            Failure::Panic => std::panic::resume_unwind(Box::new("the consumer panics")),
        };
        sqlx::raw_sql(statement).execute(connection).await.map(drop)
    }
}

fn entity((kind, id): &(String, String)) -> Entity {
    Entity { kind: Cow::Owned(kind.clone()), id: id.clone() }
}

impl<const N: usize, const OWN: bool> Consumer for Subject<N, OWN> {
    type Row = Told;
    type Trace = ();

    const NAME: &'static str = CONSUMERS[N];
    const OWN_INBOX: bool = OWN;
    const TYPES: &'static [&'static str] = &["model.opened", "model.moved", "model.noted", "model.entered"];

    fn read(&self, event: Event, _: &Record) -> Result<Reading<Told>, Refusal> {
        let Data::LinkClicked(click) = event.data else { panic!("the model writes clicks") };
        let told = click.referrer.expect("every event of the model has one");
        let told: Told = serde_json::from_str(told.as_str()).expect("it is what the model wrote");
        match told.outcome.as_str() {
            "Unread" => Err(Refusal { class: "unread", reason: "told so".to_owned() }),
            "Panics" => std::panic::resume_unwind(Box::new("the reader panics")),
            _ => Ok(Reading {
                place: told.place,
                creates: told.creates.as_ref().map(entity),
                needs: told.needs.iter().map(entity).collect(),
                row: told,
            }),
        }
    }

    async fn existing(
        &self,
        connection: &mut PgConnection,
        kind: &str,
        ids: &[String],
    ) -> Result<Vec<String>, store::Error> {
        let statement = match kind {
            "ledger" => "select id from model_ledgers where id = any($1)",
            _ => "select id from model_rows where id = any($1)",
        };
        sqlx::query_scalar(statement).bind(ids).fetch_all(connection).await
    }

    fn need_of(constraint: &str) -> Option<&'static str> {
        (constraint == "model_entries_ledger_fkey").then_some("ledger")
    }

    async fn apply(
        &self,
        connection: &mut PgConnection,
        place: usize,
        rows: &[&Told],
    ) -> Result<Vec<Effect>, store::Error> {
        assert!(rows.iter().all(|row| row.place == place), "rows of another type");
        enter(connection, rows).await?;
        let effective: Vec<&Told> = rows.iter().copied().filter(|row| effect(row) == Effect::Applied).collect();
        let mut new = write(connection, N, &effective, OWN).await?;
        create(connection, &effective).await?;
        self.fail(connection).await?;
        let effects = rows.iter().map(|row| match effect(row) {
            Effect::Applied if !new.remove(&row.number) => Effect::Duplicate,
            effect => effect,
        });
        Ok(effects.collect())
    }
}

fn effect(row: &Told) -> Effect {
    match row.outcome.as_str() {
        "Stale" => Effect::Stale,
        "Refused" => Effect::Refused { class: "refused", reason: "told so".to_owned() },
        _ => Effect::Applied,
    }
}

/// Comes first, and before what is created: a row that comes later in the batch is not there yet.
async fn enter(connection: &mut PgConnection, rows: &[&Told]) -> Result<(), store::Error> {
    let entries = rows.iter().flat_map(|row| row.needs.iter().map(move |need| (row.number, need)));
    let (numbers, ledgers): (Vec<i64>, Vec<&str>) =
        entries.filter(|(_, (kind, _))| kind == "ledger").map(|(number, (_, id))| (number, id.as_str())).unzip();
    if numbers.is_empty() {
        return Ok(());
    }
    sqlx::query("insert into model_entries (number, ledger) select * from unnest($1::bigint[], $2::text[])")
        .bind(numbers)
        .bind(ledgers)
        .execute(connection)
        .await
        .map(drop)
}

/// Numbers of those that had not been written before. Where that is the inbox's to know, it is an error, and nobody's fault but ours.
async fn write(
    connection: &mut PgConnection,
    consumer: usize,
    rows: &[&Told],
    own: bool,
) -> Result<HashSet<i64>, store::Error> {
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    let said = |outcome: &'static str, then: i32| -> Vec<i32> {
        rows.iter().map(|row| if row.outcome == outcome { then } else { 1 }).collect()
    };
    let numbers: Vec<i64> = rows.iter().map(|row| row.number).collect();
    let queues: Vec<&str> = rows.iter().map(|row| row.queue.as_str()).collect();
    let new: Vec<i64> = sqlx::query_scalar(
        "insert into model_log (consumer, number, queue, weight)
         select $1, number, queue, weight / divisor
         from unnest($2::bigint[], $3::text[], $4::int[], $5::int[])
             with ordinality as told (number, queue, weight, divisor, place)
         order by place
         on conflict do nothing
         returning number",
    )
    .bind(CONSUMERS[consumer])
    .bind(&numbers)
    .bind(&queues)
    .bind(said("Check", -1))
    .bind(said("Division", 0))
    .fetch_all(&mut *connection)
    .await?;
    let new: HashSet<i64> = new.into_iter().collect();
    assert!(own || new.len() == rows.len(), "an event comes twice to a consumer whose inbox is the engine's");
    sqlx::query(
        "insert into model_trails (queue, trail)
         select queue, string_agg(number::text, ' ' order by place)
         from (
             select number, queue, min(place) as place
             from unnest($1::bigint[], $2::text[]) with ordinality as told (number, queue, place)
             where number = any($3)
             group by number, queue
         ) as new
         group by queue order by queue
         on conflict (queue) do update set trail = model_trails.trail || ' ' || excluded.trail",
    )
    .bind(&numbers)
    .bind(&queues)
    .bind(new.iter().copied().collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(new)
}

async fn create(connection: &mut PgConnection, rows: &[&Told]) -> Result<(), store::Error> {
    for (kind, statement) in [
        ("row", "insert into model_rows (id) select * from unnest($1::text[]) on conflict do nothing"),
        ("ledger", "insert into model_ledgers (id) select * from unnest($1::text[]) on conflict do nothing"),
    ] {
        let created = rows.iter().filter_map(|row| row.creates.as_ref());
        let ids: Vec<&str> = created.filter(|row| row.0 == kind).map(|row| row.1.as_str()).collect();
        if !ids.is_empty() {
            sqlx::query(statement).bind(ids).execute(&mut *connection).await?;
        }
    }
    Ok(())
}
