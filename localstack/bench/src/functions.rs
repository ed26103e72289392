//! All functions of the template: how soon they start, how long they take, and how much memory that needs.

mod cold_starts;
mod loads;
mod resident;

use std::collections::BTreeMap;

use crate::arguments::Sizes;
use crate::results::{Bar, Results, Table, number};
use crate::stage::Stage;

/// What is known of a function.
#[derive(Default)]
struct Known {
    /// From the start of its process to its first poll, in milliseconds.
    init: [f64; 2],
    /// The first request, the start included, in milliseconds.
    first: [f64; 2],
    /// In MB, after its first request.
    idle: f64,
    /// In MB, at most, while it worked.
    work: f64,
}

/// Measures cold starts, durations and memory.
pub(crate) async fn run(stage: &mut Stage<'_>, sizes: &Sizes, results: &mut Results) -> anyhow::Result<()> {
    let names: Vec<String> = stage.template.functions.iter().map(|function| function.name.clone()).collect();
    let mut known = BTreeMap::new();
    for name in &names {
        println!("Starting {name} {} times", sizes.starts);
        known.insert(name.clone(), cold_starts::of(stage, name, sizes.starts).await?);
    }
    results.heading("Cold starts");
    results.say(&format!(
        "{} starts of each. The first request is what its client waits for, the start included: `migrate`'s applies nothing, scheduled \
         functions and consumers get an empty tick, and `outbox-relay` is told to work for a second",
        sizes.starts
    ));
    starts(&names, &known, results);
    loads::run(stage, &names, &mut known, results).await?;
    memory(stage, &names, &known, results)
}

fn starts(names: &[String], known: &BTreeMap<String, Known>, results: &mut Results) {
    let table = Table::new(&["function", "first poll p50 ms", "longest", "first request p50 ms", "longest"]).first(19);
    results.table(&table);
    for (name, Known { init, first, .. }) in names.iter().map(|name| (name, &known[name])) {
        results.row(&table, &cells(name, [init[0], init[1], first[0], first[1]]));
        results.figure(&format!("{name}.init_ms.p50"), init[0]);
        results.figure(&format!("{name}.first_request_ms.p50"), first[0]);
    }
    let slowest = names.iter().max_by(|one, other| known[*one].init[0].total_cmp(&known[*other].init[0]));
    let Some(slowest) = slowest else { return };
    let what = format!("Process start to first poll, median, the slowest function ({slowest})");
    results.judge(&what, known[slowest].init[0], "ms", Bar::Below(50.0));
}

fn memory(
    stage: &Stage<'_>,
    names: &[String],
    known: &BTreeMap<String, Known>,
    results: &mut Results,
) -> anyhow::Result<()> {
    results.heading("Memory");
    results.say(
        "Resident memory in MB: after the first request; and the most it had at work, which is what stands above, a batch of 500 events \
         for `events-api`, 10,000 rows left behind for `outbox-relay`, and full batches for the consumers",
    );
    let table = Table::new(&["function", "idle", "at work", "MemorySize"]).first(19);
    results.table(&table);
    for (name, Known { idle, work, .. }) in names.iter().map(|name| (name, &known[name])) {
        let limit = f64::from(stage.function(name)?.memory_mb);
        results.row(&table, &cells(name, [*idle, *work, limit]));
        results.figure(&format!("{name}.memory_mb.idle"), *idle);
        results.figure(&format!("{name}.memory_mb.work"), *work);
    }
    Ok(())
}

fn cells<const N: usize>(name: &str, figures: [f64; N]) -> Vec<String> {
    std::iter::once(name.to_owned()).chain(figures.map(number)).collect()
}
