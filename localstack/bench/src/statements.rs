//! Where the time of a batch goes: how long each statement takes, and what lies between them.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use click_consumer::ClickConsumer;
use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::Registry;

use crate::figures::millis;
use crate::results::{Results, Table, number};
use crate::work::Work;

/// Characters of a statement that are shown.
const SHOWN: usize = 70;
/// What comes right before this is no statement to sqlx: `COPY` of the clicks, in the savepoint that ends there.
const AFTER_COPY: &str = "RELEASE SAVEPOINT";

/// Times by what was done, in the order in which it was done first.
#[derive(Default)]
struct Spent {
    parts: Vec<Part>,
    /// When the last one ended.
    ended: Option<Instant>,
    /// Whether the `COPY` of this transaction is still to come, where it has one. An outer savepoint ends after that.
    copy: Option<bool>,
}

struct Part {
    what: String,
    count: u32,
    time: Duration,
}

impl Spent {
    fn add(&mut self, what: String, time: Duration) {
        let place = self.parts.iter().position(|part| part.what == what).unwrap_or_else(|| {
            self.parts.push(Part { what, count: 0, time: Duration::ZERO });
            self.parts.len() - 1
        });
        self.parts[place].count += 1;
        self.parts[place].time += time;
    }

    /// A statement that ended now.
    fn statement(&mut self, statement: String, took: Duration, now: Instant) {
        let before = self.ended.replace(now).map(|ended| (now - ended).saturating_sub(took));
        if let Some(before) = before.filter(|_| self.copy == Some(true) && statement.starts_with(AFTER_COPY)) {
            self.copy = Some(false);
            self.add("copy clicks (with its savepoint; rows are encoded and counted beside it)".to_owned(), before);
        }
        if statement == "COMMIT" {
            self.copy = self.copy.map(|_| true);
        }
        self.add(statement, took);
    }
}

/// Takes what sqlx says of each statement.
struct Watch(Arc<Mutex<Spent>>);

impl<S: Subscriber> Layer<S> for Watch {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut said = Said::default();
        event.record(&mut said);
        let Ok(took) = Duration::try_from_secs_f64(said.seconds) else { return };
        let mut spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spent.statement(
            shown(if said.statement.is_empty() { &said.summary } else { &said.statement }),
            took,
            Instant::now(),
        );
    }
}

#[derive(Default)]
struct Said {
    summary: String,
    /// The whole of it, where the summary is not.
    statement: String,
    seconds: f64,
}

impl Visit for Said {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.seconds = value;
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.clone_into(&mut self.statement),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

/// Its beginning, without comments, on one line.
fn shown(statement: &str) -> String {
    let code = statement.lines().map(|line| line.split("--").next().unwrap_or_default());
    let words: Vec<&str> = code.flat_map(str::split_whitespace).collect();
    let mut text = words.join(" ").replace('|', "\\|");
    if let Some((end, _)) = text.char_indices().nth(SHOWN) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Watches what this thread asks of the database, until it is dropped: one thread does it all, so that nothing is missed and nobody
/// else is watched.
pub(crate) struct Watching {
    spent: Arc<Mutex<Spent>>,
    _watched: DefaultGuard,
    /// What the watched batches took.
    whole: Duration,
    batches: u32,
}

impl Watching {
    pub(crate) fn start() -> Self {
        Self::over(Spent::default())
    }

    /// The same where each transaction copies clicks.
    fn over_copies() -> Self {
        Self::over(Spent { copy: Some(true), ..Spent::default() })
    }

    fn over(spent: Spent) -> Self {
        let spent = Arc::new(Mutex::new(spent));
        let watch = Watch(Arc::clone(&spent)).with_filter(filter_fn(|about| about.target() == "sqlx::query"));
        let watched = tracing::subscriber::set_default(Registry::default().with(watch));
        Self { spent, _watched: watched, whole: Duration::ZERO, batches: 0 }
    }

    /// A batch is over, and has taken this long.
    pub(crate) fn batch(&mut self, took: Duration) {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner).ended = None;
        self.whole += took;
        self.batches += 1;
    }

    /// Says where the time of a batch went; `before` is what all of them took before their first statements.
    pub(crate) fn show(&self, before: &[(&str, Duration)], results: &mut Results) {
        let spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        show(&spent.parts, before, self.whole, self.batches, results);
    }
}

/// Gives the batches to the sink once more, watched, and says where their time goes.
pub(crate) async fn run(work: &Work, consumer: &ClickConsumer, results: &mut Results) -> anyhow::Result<()> {
    let mut watching = Watching::over_copies();
    for batch in &work.batches {
        watching.batch(batch.consume(consumer).await?);
    }
    let before = [("the payload is parsed", work.parsing), ("its records are decoded and enriched", work.reading)];
    watching.show(&before, results);
    Ok(())
}

fn show(parts: &[Part], before: &[(&str, Duration)], whole: Duration, batches: u32, results: &mut Results) {
    let table = Table::new(&["of a batch", "times", "ms", "share"]).first(SHOWN + 4);
    results.table(&table);
    let mut row = |what: &str, times: f64, time: Duration| {
        let share = time.as_secs_f64() / whole.as_secs_f64();
        results.row(
            &table,
            &[what.to_owned(), number(times), number(millis(time / batches)), format!("{:.0} %", share * 100.0)],
        );
    };
    for (what, time) in before {
        row(what, 1.0, *time);
    }
    for part in parts {
        row(&part.what, f64::from(part.count) / f64::from(batches), part.time);
    }
    let known = before.iter().map(|(_, time)| time).chain(parts.iter().map(|part| &part.time)).sum::<Duration>();
    row("the rest: BEGIN, what is done between statements", 1.0, whole.saturating_sub(known));
    row("all", 1.0, whole);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_before_the_end_of_the_savepoint_is_the_copy_and_no_other_gap_is() {
        let mut spent = Spent { copy: Some(true), ..Spent::default() };
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        spent.statement("select 1".to_owned(), Duration::from_millis(1), at(1));
        // The inner one.
        spent.statement("RELEASE SAVEPOINT _sqlx_savepoint_1".to_owned(), Duration::from_millis(2), at(13));
        spent.statement("RELEASE SAVEPOINT _sqlx_savepoint_1".to_owned(), Duration::from_millis(2), at(20));
        spent.statement("COMMIT".to_owned(), Duration::from_millis(3), at(26));
        let spent: Vec<_> =
            spent.parts.iter().map(|part| (part.what.split(' ').next(), part.time.as_millis())).collect();
        assert_eq!(spent, [(Some("select"), 1), (Some("copy"), 10), (Some("RELEASE"), 4), (Some("COMMIT"), 3)]);
    }

    #[test]
    fn a_statement_is_shown_by_its_beginning_without_comments() {
        assert_eq!(shown("\n\n-- What waits\nselect 1 -- one\n  from a\n"), "select 1 from a");
        assert!(shown(&"select ".repeat(40)).chars().count() == SHOWN + 1);
    }
}
