//! What can be given.

use anyhow::{Context, ensure};
use clap::{Args, Parser};

use crate::prices::Prices;

/// Says what an hour of a given load costs in Lambda time, requests and money, by the durations that `make bench` measured.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) load: Load,
    #[command(flatten)]
    pub(crate) conditions: Conditions,
    #[command(flatten)]
    pub(crate) prices: Prices,
    /// Another value of a figure of results.json, or one that is not there, such as `redirect.duration_ms.mean=8`
    #[arg(long = "figure", value_name = "NAME=VALUE", value_parser = figure)]
    pub(crate) figures: Vec<(String, f64)>,
}

/// What comes, a second.
#[derive(Debug, Clone, Args)]
pub(crate) struct Load {
    /// Visits of short links a second, each of which is a click
    #[arg(long, default_value_t = 100.0, value_parser = amount)]
    pub(crate) redirects: f64,
    /// Requests to events-api a second, each with one user event
    #[arg(long, default_value_t = 10.0, value_parser = amount)]
    pub(crate) events: f64,
    /// Requests to events-api a second, each with one event of a shop: an order, a payment or an adjustment of stock
    #[arg(long, default_value_t = 10.0, value_parser = amount)]
    pub(crate) orders: f64,
    /// Requests to read-api a second
    #[arg(long, default_value_t = 10.0, value_parser = amount)]
    pub(crate) reads: f64,
    /// Requests to links-api a second: links that are made, and looked at with their statistics
    #[arg(long, default_value_t = 1.0, value_parser = amount)]
    pub(crate) links: f64,
    /// Requests to discussions-api a second, each a change with one event, as views are
    #[arg(long, default_value_t = 10.0, value_parser = amount)]
    pub(crate) discussions: f64,
    /// Requests to analytics-api a second
    #[arg(long, default_value_t = 1.0, value_parser = amount)]
    pub(crate) analytics: f64,
}

/// How what was measured becomes what Lambda bills.
#[derive(Debug, Clone, Args)]
pub(crate) struct Conditions {
    /// Share of a duration that is work of the processor, 0 to 1: with less than 1,769 MB a function has less than a whole one, and this
    /// part takes so much longer. The rest waits for Kafka or PostgreSQL
    #[arg(long, default_value_t = 1.0, value_parser = share)]
    pub(crate) processor_share: f64,
    /// Milliseconds that each invocation waits longer than where it was measured: for servers that are not on the same machine
    #[arg(long, default_value_t = 0.0, value_parser = amount)]
    pub(crate) added_ms: f64,
    /// Pollers of each mapping, at most as many as its topic has partitions. Lambda begins with one, and adds more where it falls behind
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) pollers: u16,
}

/// A number, not below zero.
pub(crate) fn amount(text: &str) -> anyhow::Result<f64> {
    let amount: f64 = text.parse()?;
    ensure!(amount.is_finite() && amount >= 0.0, "must be a number of zero or more");
    Ok(amount)
}

fn share(text: &str) -> anyhow::Result<f64> {
    let share = amount(text)?;
    ensure!(share <= 1.0, "must be a share: from 0 to 1");
    Ok(share)
}

fn figure(text: &str) -> anyhow::Result<(String, f64)> {
    let (name, value) = text.split_once('=').context("must be NAME=VALUE")?;
    Ok((name.to_owned(), amount(value)?))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn what_is_no_amount_share_or_figure_is_refused() {
        Arguments::command().debug_assert();
        let is_taken = |arguments: &[&str]| Arguments::try_parse_from([&["cost"], arguments].concat()).is_ok();
        for taken in [&["--redirects", "0"][..], &["--processor-share", "0.25"], &["--figure", "a.b=2"], &[]] {
            assert!(is_taken(taken), "{taken:?}");
        }
        for refused in [
            &["--redirects=-1"][..],
            &["--redirects", "NaN"],
            &["--reads", "inf"],
            &["--processor-share", "1.1"],
            &["--pollers", "0"],
            &["--figure", "a.b"],
            &["--figure", "a.b=x"],
        ] {
            assert!(!is_taken(refused), "{refused:?}");
        }
    }
}
