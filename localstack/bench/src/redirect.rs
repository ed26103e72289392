//! What the redirect adds to a constant answer through the same runtime.

use std::time::Instant;

use crate::arguments::Sizes;
use crate::figures::{Sorted, middle, millis};
use crate::host::Host;
use crate::results::{Bar, Results, Table, number};
use crate::stage::{CODE, CONSTANT_PATH, Stage};

/// Requests of each before any counts.
const WARM_UP: u32 = 500;

/// What a round measured, in milliseconds.
struct Round {
    redirect: Sorted,
    constant: Sorted,
    /// Until the click was acknowledged, as the function says.
    acknowledged: Sorted,
}

impl Round {
    fn added(&self) -> f64 {
        self.redirect.of(0.5) - self.constant.of(0.5) - self.acknowledged.of(0.5)
    }

    fn figures(&self) -> [f64; 7] {
        let [redirect, constant, acknowledged] = [&self.redirect, &self.constant, &self.acknowledged];
        let of = |figures: &Sorted| [figures.of(0.5), figures.of(0.99)];
        let ([r50, r99], [c50, c99], [a50, a99]) = (of(redirect), of(constant), of(acknowledged));
        [r50, r99, c50, c99, a50, a99, self.added()]
    }
}

/// Measures the redirect.
pub(crate) async fn run(stage: &Stage<'_>, sizes: &Sizes, results: &mut Results) -> anyhow::Result<()> {
    results.heading("The redirect beside a constant 302");
    let redirect = stage.function("redirect")?;
    let host = Host::start(stage, vec![Stage::constant(&redirect), redirect]).await?;
    results.say(&format!(
        "{} requests of each a round, in turn, by one client over one connection, the link cached. The acknowledgement is the \
         broker's, from the function's own `publish_duration_seconds`",
        sizes.requests
    ));
    round(&host, WARM_UP).await?;
    let columns = ["round", "redirect p50 ms", "p99", "constant p50", "p99", "acknowledged p50", "p99", "added p50"];
    let table = Table::new(&columns);
    results.table(&table);
    let mut rounds = Vec::new();
    for nth in 1..=sizes.rounds {
        let figures = round(&host, sizes.requests).await?.figures();
        results.row(&table, &row(&nth.to_string(), figures));
        rounds.push(figures);
    }
    host.stop().await;
    let median = std::array::from_fn(|column| middle(rounds.iter().map(|round| round[column]).collect()));
    results.row(&table, &row("median", median));
    tell(median, results);
    Ok(())
}

fn tell([r50, r99, c50, c99, a50, a99, added]: [f64; 7], results: &mut Results) {
    results.figure("redirect.p50_ms", r50);
    results.figure("redirect.p99_ms", r99);
    results.figure("redirect.constant_ms.p50", c50);
    results.figure("redirect.constant_ms.p99", c99);
    results.figure("redirect.acknowledgement_ms.p50", a50);
    results.figure("redirect.acknowledgement_ms.p99", a99);
    results.figure("redirect.added_ms.p50", added);
    let what = "Redirect over a constant 302, without the acknowledgement, median";
    results.judge(what, added, "ms", Bar::Below(1.0));
}

async fn round(host: &Host, requests: u32) -> anyhow::Result<Round> {
    let (mut redirect, mut constant) = (Vec::new(), Vec::new());
    let path = format!("/{CODE}");
    for _ in 0..requests {
        let began = Instant::now();
        host.get(&path, 302).await?;
        redirect.push(millis(began.elapsed()));
        let began = Instant::now();
        host.get(CONSTANT_PATH, 302).await?;
        constant.push(millis(began.elapsed()));
    }
    let acknowledged = host.acknowledgements(requests as usize).await?;
    Ok(Round {
        redirect: Sorted::new(redirect),
        constant: Sorted::new(constant),
        acknowledged: Sorted::new(acknowledged.into_iter().map(|seconds| seconds * 1e3).collect()),
    })
}

fn row(name: &str, figures: [f64; 7]) -> Vec<String> {
    std::iter::once(name.to_owned()).chain(figures.map(number)).collect()
}
