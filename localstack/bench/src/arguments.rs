//! What is to be measured.

use clap::{Args, Parser, ValueEnum};

/// Measures what the system reaches, beside limits taken in the same run.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) sizes: Sizes,
    /// Measures this alone, and writes no results down
    #[arg(long)]
    only: Option<Part>,
    /// The broker. That of `make up` when not given
    #[arg(long, env = "KAFKA_BOOTSTRAP_SERVERS")]
    pub(crate) bootstrap: Option<String>,
    /// The server; the URL is a superuser's and names no database. That of `make up` when not given
    #[arg(long, env = "TEST_POSTGRES_URL")]
    pub(crate) server: Option<String>,
}

/// How much of each.
#[derive(Args, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// Clicks a round
    #[arg(long, default_value_t = 200_000)]
    pub(crate) clicks: u32,
    /// Records of a batch at most; a payload of 6 MB may hold fewer
    #[arg(long, default_value_t = 10_000)]
    pub(crate) batch_size: u64,
    /// How often a figure is taken that is a median
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,
    /// Clicks in the table when the sink is measured for the second time; 0 leaves that out
    #[arg(long, default_value_t = 10_000_000)]
    pub(crate) prefill: u32,
    /// Orders in the tables when users and orders are read; 0 leaves that out
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) orders: u32,
    /// Threads of the course whose best are read; 0 leaves that out
    #[arg(long, default_value_t = 100_000)]
    pub(crate) threads: u32,
    /// Requests a round, of the redirect and of the constant answer each, and of users, of orders and of the best threads
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(10..))]
    pub(crate) requests: u32,
    /// Cold starts of each function
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) starts: u32,
    /// Clicks that are followed from their request to the statistics, and changes of discussions to their aggregates
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) followed: u32,
    /// Events of the outbox's large backlog; 0 leaves it out
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) backlog: u32,
}

/// What can be measured alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// The click sink, statement by statement too
    Clicks,
    /// Users and the audit log
    Users,
    /// The redirect beside a constant answer
    Redirect,
    /// Cold starts, durations and memory of all functions
    Functions,
    /// From a click to the statistics
    Statistics,
    /// Users and orders, with very many there
    Reads,
    /// Discussions: changes, aggregates, and the best threads
    Discussions,
    /// The outbox
    Outbox,
    /// The built archives
    Archives,
}

impl Arguments {
    pub(crate) fn wants(&self, part: Part) -> bool {
        self.only.is_none_or(|only| only == part)
    }

    /// Whether everything is measured, in its usual sizes.
    pub(crate) fn is_whole(&self) -> bool {
        self.only.is_none() && self.sizes == Self::parse_from(["bench"]).sizes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_or_a_smaller_run_is_not_taken_for_the_whole() {
        let is_whole = |line: &str| Arguments::parse_from(line.split(' ')).is_whole();
        assert!(is_whole("bench"));
        assert!(is_whole("bench --bootstrap 127.0.0.1:1"));
        for part in ["bench --only clicks", "bench --prefill 0", "bench --requests 100"] {
            assert!(!is_whole(part), "{part}");
        }
    }
}
