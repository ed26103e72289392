//! What can be asked for.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::selection::{Filters, Selection};

/// Looks at what failed or waits, sends it on again, or gives it up; makes and revokes API keys; verifies what is kept.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Arguments {
    /// The checkout whose `.env` is read; found from the working directory when not given
    #[arg(long, global = true)]
    pub(crate) root: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Compare all that is summed up with the facts behind it
    AggregatesCheck(AggregatesCheck),
    /// API keys: who may send events, make links, discuss, read, and administer
    #[command(subcommand)]
    ApiKey(ApiKey),
    /// Dead letters: records that failed for good
    #[command(subcommand)]
    Dlq(Box<Dlq>),
    /// Events that are to be published: what waits, and what Kafka refuses
    #[command(subcommand)]
    Outbox(Outbox),
    /// Verify every row of the audit log against its hashes, its heads and all checkpoints
    AuditVerify(AuditVerify),
    /// Events that wait for something
    #[command(subcommand)]
    Parked(Parked),
}

#[derive(Args)]
pub(crate) struct AggregatesCheck {
    /// For programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum ApiKey {
    /// Make one, and show it this once
    Create(NewKey),
    /// List them, newest first
    List {
        /// How many at most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
        /// For programs
        #[arg(long)]
        json: bool,
    },
    /// Make one worth nothing, from now on
    Revoke {
        /// Its id, as the list shows it
        id: String,
    },
}

#[derive(Args)]
pub(crate) struct NewKey {
    /// What it is for
    #[arg(long)]
    pub(crate) name: String,
    /// What it may: links, discussions, read, admin, events:* or events:<type>; several with commas or with several --scope
    #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',', required = true)]
    pub(crate) scopes: Vec<String>,
    /// A source that its events may have, or * for any; several with several --source
    #[arg(long = "source", value_name = "SOURCE")]
    pub(crate) sources: Vec<String>,
    /// After how many days it is worth nothing; never when not given
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) expires_in_days: Option<u16>,
    /// For programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Dlq {
    /// List them, newest first
    List(List),
    /// Show all that is known of one
    Show {
        /// Its number
        id: i64,
        /// Write the bytes of its value, and nothing else
        #[arg(long, conflicts_with = "json")]
        value: bool,
        /// For programs
        #[arg(long)]
        json: bool,
    },
    /// Send open ones on again, once their cause is repaired
    Redrive(Repair),
    /// Give open ones up, for good
    Discard {
        #[command(flatten)]
        repair: Repair,
        /// Why: it is kept beside them
        #[arg(long)]
        reason: String,
    },
}

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) filters: Filters,
    /// open, redriven, applied, discarded or any
    #[arg(long, default_value = "open", value_parser = ["open", "redriven", "applied", "discarded", "any"])]
    pub(crate) state: String,
    /// Only those with lower numbers: the next page
    #[arg(long, value_name = "ID")]
    pub(crate) before: Option<i64>,
    /// How many at most
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
    /// For programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Repair {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Only say what would happen
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// For programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct AuditVerify {
    /// Without Kafka: what was cut off at the end, or rewritten with all hashes, may then go unnoticed
    #[arg(long, conflicts_with = "accept")]
    pub(crate) without_checkpoints: bool,
    /// Take this chain as it stands, after a restore or a failover: from now on it is compared only with what follows
    #[arg(long, value_name = "CHAIN", requires = "reason")]
    pub(crate) accept: Option<String>,
    /// Why the chain is not what it was: it is kept in the checkpoints and on record
    #[arg(long, value_name = "TEXT", requires = "accept", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) reason: Option<String>,
    /// For programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Parked {
    /// List what waits, longest first
    List {
        /// Of one consumer
        #[arg(long)]
        consumer: Option<String>,
        /// How many at most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
        /// For programs
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
pub(crate) enum Outbox {
    /// Say how much waits, and list the keys whose first event Kafka refuses
    List {
        /// How many keys at most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
        /// For programs
        #[arg(long)]
        json: bool,
    },
    /// Try refused events at once, and not when their time has come
    Retry {
        /// Numbers, several with commas or with several --id
        #[arg(long = "id", value_name = "ID", value_delimiter = ',')]
        ids: Vec<i64>,
        /// All that are refused
        #[arg(long)]
        all: bool,
    },
    /// Give refused events up, for good: what waits behind them goes on
    Discard {
        /// Numbers, several with commas or with several --id
        #[arg(long = "id", value_name = "ID", value_delimiter = ',', required = true)]
        ids: Vec<i64>,
        /// Why: it is kept beside them
        #[arg(long)]
        reason: String,
    },
}
