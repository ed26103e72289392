//! What can be asked for.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{Deed, Shares};

/// Sends a shop's events to Kafka, keeps a journal of them, and compares it with the database. Without a command it shows a menu.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Arguments {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// Makes the same shop again, with the same --name; another one each time when not given
    #[arg(long, global = true)]
    pub(crate) seed: Option<u64>,
    /// What all ids of the shop begin with; another one each time when not given
    #[arg(long, global = true, value_parser = name)]
    pub(crate) name: Option<String>,
    /// Straight to the topics, or through events-api
    #[arg(long, global = true, value_enum, default_value_t = Via::Kafka)]
    pub(crate) via: Via,
    /// Where the functions are served; by `make dev` when not given
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) base: Option<String>,
    /// An API key for --via http, with the scope events:* and the source /producer; `ONCEWARD_API_KEY` when not given
    #[arg(long, global = true, value_name = "KEY")]
    pub(crate) api_key: Option<String>,
    /// Where the journal is kept; in .local/producer when not given
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
    /// For how many seconds records are sent again that nobody acknowledges
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 300)]
    pub(crate) patience: u64,
}

/// How records come to Kafka.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Via {
    /// Straight to the topics.
    Kafka,
    /// Through events-api.
    Http,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Users register
    User(Load),
    /// Users order something; one registers first
    Order(Load),
    /// Money moves for orders; one is placed first
    Payment(Load),
    /// The stock of articles grows or shrinks
    Inventory(Load),
    /// A user, the stock of what they order, the order, its payments and a refund
    Scenario(Load),
    /// All that happens on a busy day
    Load(Load),
    /// Send the records of a journal once more: with the same bytes, they count once
    Replay(Replay),
    /// Compare a journal with the database: exit code 1 where anything is missing, doubled or unequal
    Verify(Verify),
}

/// How much, how fast, and with which troubles.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Load {
    /// How many events, or scenarios; what they need first comes on top. 1 when not given, and 1000 of a load
    #[arg(long)]
    pub(crate) count: Option<usize>,
    /// Records a second; as many as possible when not given
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rate: Option<u32>,
    #[command(flatten)]
    pub(crate) shares: Shares,
}

#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The journal
    pub(crate) file: PathBuf,
    /// Only what is not acknowledged, as after the producer was killed
    #[arg(long)]
    pub(crate) unacknowledged: bool,
    /// Records a second; as many as possible when not given
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rate: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The journal; the latest one when not given
    pub(crate) file: Option<PathBuf>,
    /// For how many seconds what is missing may still come
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub(crate) wait: u64,
    /// For programs
    #[arg(long)]
    pub(crate) json: bool,
}

impl Command {
    /// What is to be told, and how much of it.
    pub(crate) fn told(&self) -> Option<(Tale, Load)> {
        let (tale, load) = match self {
            Self::User(load) => (Tale::Deed(Deed::User), load),
            Self::Order(load) => (Tale::Deed(Deed::Order), load),
            Self::Payment(load) => (Tale::Deed(Deed::Payment), load),
            Self::Inventory(load) => (Tale::Deed(Deed::Inventory), load),
            Self::Scenario(load) => (Tale::Story, load),
            Self::Load(load) => (Tale::Day, load),
            Self::Replay(_) | Self::Verify(_) => return None,
        };
        Some((tale, *load))
    }
}

/// What a shop is asked to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tale {
    /// One thing, again and again.
    Deed(Deed),
    /// A coherent story.
    Story,
    /// Everything that happens on a busy day.
    Day,
}

impl Tale {
    /// How many are told where nobody says.
    pub(crate) fn usual_count(self) -> usize {
        if self == Self::Day { 1000 } else { 1 }
    }
}

fn name(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err("it is 1 to 64 of A-Z a-z 0-9 - _".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn without_a_command_there_is_a_menu_and_a_command_has_its_troubles() {
        assert!(Arguments::parse_from(["producer"]).command.is_none());
        let line = "producer load --count 200000 --duplicates 0.02 --rubbish 0.01 --out-of-order 0.05 --seed 7";
        let arguments = Arguments::parse_from(line.split(' '));
        let (tale, load) = arguments.command.unwrap().told().unwrap();
        assert_eq!((tale, load.count, arguments.common.seed), (Tale::Day, Some(200_000), Some(7)));
        assert_eq!(load.shares, Shares { duplicates: 0.02, rubbish: 0.01, out_of_order: 0.05 });
    }

    #[test]
    fn a_name_is_one_that_ids_can_begin_with() {
        assert!(Arguments::try_parse_from(["producer", "--name", "a_B-9"]).is_ok());
        for wrong in ["", "a b", "a.b", "ü", &"x".repeat(65)] {
            assert!(Arguments::try_parse_from(["producer", "--name", wrong]).is_err(), "{wrong}");
        }
    }
}
