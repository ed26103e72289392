//! Which dead letters are meant.

use anyhow::{bail, ensure};
use api::{selected_by, selected_ids};
use clap::Args;
use store::PgConnection;
use store::dead_letters::{self, Filter};
use time::OffsetDateTime;

use crate::bytes;
use crate::when::Moment;

/// All that are given must hold.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Filters {
    /// The consumer that failed
    #[arg(long)]
    consumer: Option<String>,
    /// The topic of the record
    #[arg(long)]
    topic: Option<String>,
    /// The kind of error
    #[arg(long)]
    class: Option<String>,
    /// The record's key, as a list shows it
    #[arg(long, value_parser = bytes::read)]
    key: Option<Bytes>,
    /// The event's id
    #[arg(long, value_name = "ID")]
    event_id: Option<String>,
    /// Failed then or later: 2026-11-21T09:30:00Z, or 2h for two hours ago (s, m, h, d)
    #[arg(long, value_name = "WHEN")]
    since: Option<Moment>,
    /// Failed before then
    #[arg(long, value_name = "WHEN")]
    until: Option<Moment>,
    /// The least number
    #[arg(long, value_name = "ID")]
    from_id: Option<i64>,
    /// The greatest number
    #[arg(long, value_name = "ID")]
    to_id: Option<i64>,
}

/// A name, so that clap does not take it for several values.
pub(crate) type Bytes = Vec<u8>;

impl Filters {
    pub(crate) fn filter(self, now: OffsetDateTime) -> Filter {
        Filter {
            consumer: self.consumer,
            topic: self.topic,
            error_class: self.class,
            state: None,
            key: self.key,
            event_id: self.event_id,
            since: self.since.map(|moment| moment.at(now)),
            until: self.until.map(|moment| moment.at(now)),
            from_id: self.from_id,
            to_id: self.to_id,
        }
    }
}

/// Those that are to be changed: by number, by filters, or all.
#[derive(Args, Clone, Debug)]
pub(crate) struct Selection {
    /// Numbers, several with commas or with several --id
    #[arg(long = "id", value_name = "ID", value_delimiter = ',')]
    ids: Vec<i64>,
    #[command(flatten)]
    filters: Filters,
    /// All that are open
    #[arg(long)]
    all: bool,
}

/// What was selected.
pub(crate) struct Selected {
    /// Open ones, in the order in which they are dealt with.
    pub(crate) open: Vec<i64>,
    /// Those that were named and are not open, with what they are.
    pub(crate) others: Vec<(i64, String)>,
}

impl Selection {
    /// As it is said in a log.
    pub(crate) fn describe(&self, now: OffsetDateTime) -> String {
        if self.ids.is_empty() {
            return selected_by(&self.filters.clone().filter(now));
        }
        selected_ids(&once_each(&self.ids))
    }

    /// Looks them up. What fails later is not among them.
    pub(crate) async fn select(&self, connection: &mut PgConnection, now: OffsetDateTime) -> anyhow::Result<Selected> {
        let filter = self.filters.clone().filter(now);
        let filtered = filter != Filter::default();
        match (self.ids.is_empty(), filtered, self.all) {
            (true, false, false) => bail!(
                "nothing is selected: name dead letters with --id, filter them (--class, --consumer, --key and so on), or say --all"
            ),
            (true, true, false) | (true, false, true) => {
                Ok(Selected { open: dead_letters::find_open(connection, &filter).await?, others: Vec::new() })
            }
            (false, false, false) => named(connection, &self.ids).await,
            _ => bail!("--id, filters and --all exclude each other: give one of them"),
        }
    }
}

async fn named(connection: &mut PgConnection, ids: &[i64]) -> anyhow::Result<Selected> {
    ensure!(ids.iter().all(|id| *id > 0), "numbers of dead letters begin with 1");
    let ids = once_each(ids);
    let known = dead_letters::load(connection, &ids).await?;
    let mut selected = Selected { open: Vec::new(), others: Vec::new() };
    for id in ids {
        match known.iter().find(|letter| letter.dead_letter_id == id) {
            None => selected.others.push((id, "there is none with this number".to_owned())),
            Some(letter) if letter.state == "open" => selected.open.push(id),
            Some(letter) => selected.others.push((id, why_not(&letter.state, letter.reason.as_deref()))),
        }
    }
    Ok(selected)
}

fn once_each(ids: &[i64]) -> Vec<i64> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn why_not(state: &str, reason: Option<&str>) -> String {
    match state {
        "redriven" => "it was sent on already and waits for its consumer's next batch or tick".to_owned(),
        "applied" => "it took effect already".to_owned(),
        "discarded" => format!("it was discarded for good: {}", reason.unwrap_or("no reason is known")),
        other => format!("it is {other}"),
    }
}
