//! The hour, as it is printed.

use std::fmt::Write;

use crate::arguments::{Arguments, Conditions, Load};
use crate::figures::Figures;
use crate::hour::Hour;
use crate::prices::{Cost, Prices};
use crate::trigger::{Invocations, WHOLE_PROCESSOR_MB};

/// Of an average month.
const MONTH_HOURS: f64 = 730.0;
const TAKES_ALL: &str = "a String takes what is written to it";

/// All that is to be said. `waiting` is the same hour if all of each duration were waiting.
pub(crate) fn report(hour: &Hour, waiting: &Hour, arguments: &Arguments, figures: &Figures) -> String {
    let Arguments { load, conditions, prices, .. } = arguments;
    let mut text = head(load, conditions, prices);
    rows(&mut text, hour, prices);
    sums(&mut text, hour, prices);
    let least: f64 = waiting.invocations.iter().map(|of| prices.cost(of).total()).sum();
    write!(text, "\nIf all of each duration were waiting, Lambda and HTTP API would cost ${least:.4} an hour.\n")
        .expect(TAKES_ALL);
    text.push_str(&left_out(hour, figures));
    text
}

fn head(load: &Load, conditions: &Conditions, prices: &Prices) -> String {
    let Load { redirects, events, orders, reads, links, discussions, analytics } = load;
    let Conditions { processor_share, added_ms, pollers } = conditions;
    let Prices { gb_second, million_requests, million_http_requests, .. } = prices;
    format!(
        "A second: {redirects} redirects, {events} user events, {orders} events of a shop, {reads} reads, {links} requests to links-api, {discussions} changes\n  \
         of discussions, {analytics} requests to analytics-api. Pollers of a mapping: {pollers}\n\
         Durations: as `make bench` measured them. {:.0} % of each (--processor-share) is taken for work of the processor, which takes\n  \
         {WHOLE_PROCESSOR_MB:.0} / MB times as long with less memory than that; {added_ms} ms more are waited (--added-ms)\n\
         Prices: ${gb_second} a GB-second, ${million_requests} a million invocations, ${million_http_requests} a million HTTP requests; \
         the defaults\n  are list prices of us-east-1 for arm64 as of 2025: check yours\n\n",
        100.0 * processor_share,
    )
}

fn rows(text: &mut String, hour: &Hour, prices: &Prices) {
    writeln!(
        text,
        "{:<20}{:<18}{:>6}{:>13}{:>11}{:>11}{:>11}{:>10}{:>12}{:>11}{:>10}",
        "function",
        "invoked by",
        "MB",
        "invocations",
        "ms each",
        "seconds",
        "GB-s",
        "time $",
        "requests $",
        "HTTP API $",
        "all $"
    )
    .expect(TAKES_ALL);
    for of in &hour.invocations {
        row(text, of, prices.cost(of));
    }
}

fn row(text: &mut String, of: &Invocations, cost: Cost) {
    let Invocations { function, memory_mb, trigger, count, billed_ms, .. } = of;
    let assumed = if of.is_measured { "" } else { "*" };
    writeln!(
        text,
        "{function:<20}{trigger:<18}{memory_mb:>6}{count:>13.0}{:>11}{:>11.1}{:>11.1}{:>10.4}{:>12.4}{:>11.4}{:>10.4}",
        format!("{assumed}{billed_ms:.0}"),
        of.seconds(),
        of.gb_seconds(),
        cost.time,
        cost.requests,
        cost.http,
        cost.total(),
    )
    .expect(TAKES_ALL);
}

fn sums(text: &mut String, hour: &Hour, prices: &Prices) {
    let sum = |part: &dyn Fn(&Invocations) -> f64| hour.invocations.iter().map(part).sum::<f64>();
    let cost = |part: fn(Cost) -> f64| sum(&|of| part(prices.cost(of)));
    let total = cost(Cost::total);
    writeln!(
        text,
        "{:<44}{:>13.0}{:>11}{:>11.1}{:>11.1}{:>10.4}{:>12.4}{:>11.4}{total:>10.4}",
        "an hour",
        sum(&|of| of.count),
        "",
        sum(&Invocations::seconds),
        sum(&Invocations::gb_seconds),
        cost(|cost| cost.time),
        cost(|cost| cost.requests),
        cost(|cost| cost.http),
    )
    .expect(TAKES_ALL);
    let servers = prices.hour.unwrap_or(0.0);
    if prices.hour.is_some() {
        writeln!(text, "{:<123}{servers:>10.4}\n{:<123}{:>10.4}", "servers (--hour)", "together", total + servers)
            .expect(TAKES_ALL);
    }
    writeln!(text, "{:<123}{:>10.2}", "a month of 730 such hours", (total + servers) * MONTH_HOURS).expect(TAKES_ALL);
}

/// What nobody should take to be in it.
fn left_out(hour: &Hour, figures: &Figures) -> String {
    let mut text = String::new();
    if hour.invocations.iter().any(|of| !of.is_measured) {
        text.push_str("\n* assumed: nothing was measured; --figure NAME.tick_ms.mean=VALUE says better\n");
    }
    let start = |of: &Invocations| {
        let ms = figures.optional(&format!("{}.init_ms.p50", of.function))?;
        Some(format!("{} {ms:.0} ms", of.function))
    };
    let mut starts: Vec<String> = hour.invocations.iter().filter_map(start).collect();
    starts.dedup();
    let starts = if starts.is_empty() { String::new() } else { format!(" ({})", starts.join(", ")) };
    write!(
        text,
        "\nNot in it: cold starts, whose initialisation is billed too{starts};\n  brokers, database and NAT (--hour gives them), logs \
         and metrics of CloudWatch, traffic, the free tier, retries;\n  {}\n",
        hour.left_out.join("; ")
    )
    .expect(TAKES_ALL);
    text
}
