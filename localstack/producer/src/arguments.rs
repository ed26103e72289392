//! What can be asked for.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{Deed, Shares};

/// A name is as long as this at most.
const LONGEST: usize = 48;
/// What ids have behind the name of their shop: a user, an order, a payment, an adjustment, an article.
const KINDS: [&str; 5] = ["u", "o", "p", "a", "sku"];
/// A week, in seconds.
const WEEK: u64 = 604_800;

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
    /// Tells the same again: what is ordered and paid, and with which troubles. Ids and moments of events are new each time; another
    /// history each time when not given
    #[arg(long, global = true)]
    pub(crate) seed: Option<u64>,
    /// What the ids of the shop begin with, of users, orders, payments and articles: 1 to 48 of a-z 0-9 -. One name is for one shop;
    /// another one each time when not given. In the menu, the second shop is called NAME-2
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
    /// Where the journal is kept; in .local/producer when not given. In the menu, that of the second shop is FILE with -2
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
    /// For how many seconds records are sent again that nobody acknowledges
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(..=WEEK))]
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
    /// For how many seconds it waits where nothing more comes
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(..=WEEK))]
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

/// A name of which every id of a shop fits, and that no id of another shop begins with.
fn name(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !(1..=LONGEST).contains(&text.len()) || !text.bytes().all(allowed) {
        return Err(format!("it is 1 to {LONGEST} of a-z 0-9 -"));
    }
    match text.split('-').find(|part| KINDS.contains(part)) {
        Some(part) => Err(format!("{part} says what an id is of, and is no part of a name")),
        None => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use events::{Wire, decode};
    use time::macros::datetime;

    use super::*;
    use crate::{Mixture, Shop, What};

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
        for right in ["t", "behind", "shop19aa", "demo-0193-load", &"x".repeat(LONGEST)] {
            assert!(Arguments::try_parse_from(["producer", "--name", right]).is_ok(), "{right}");
        }
        for wrong in ["", "a b", "a.b", "ü", "B", "a_9", &"x".repeat(LONGEST + 1)] {
            assert!(Arguments::try_parse_from(["producer", "--name", wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn no_shop_has_a_name_that_ids_of_another_one_begin_with() {
        for wrong in ["t-u", "t-o-1", "p", "t-a", "t-sku-7"] {
            let error = Arguments::try_parse_from(["producer", "--name", wrong]).unwrap_err();
            assert!(error.to_string().contains("is no part of a name"), "{wrong}: {error}");
        }
    }

    #[test]
    fn with_the_longest_name_every_id_of_a_shop_fits() {
        // The last one of many that were opened from a menu.
        let name = format!("{}-9999", "x".repeat(LONGEST));
        let events = Shop::open(7, &name, datetime!(2026-11-21 09:30 UTC)).flatten().take(1000);
        let mut sound = 0;
        for parcel in Mixture::new(events, Shares { rubbish: 1.0, ..Shares::default() }, 7) {
            if let What::Rubbish(kind) = parcel.what
                && !kind.is_sound()
            {
                continue;
            }
            decode(Wire { value: &parcel.value, headers: &[] }).unwrap();
            sound += 1;
        }
        assert!(sound > 1100, "{sound}");
    }

    #[test]
    fn a_patience_that_no_clock_holds_is_refused() {
        for wrong in [["producer", "--patience", "18446744073709551615"], ["producer", "--patience", "604801"]] {
            assert!(Arguments::try_parse_from(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(Arguments::parse_from(["producer", "--patience", "604800"]).common.patience, 604_800);
        assert!(Arguments::try_parse_from(["producer", "verify", "--wait", "18446744073709551615"]).is_err());
    }
}
