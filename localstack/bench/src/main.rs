//! `bench`: the click sink against `COPY` of the same rows. See the crate's README.
#![expect(clippy::print_stdout, reason = "a command whose output is its result")]

mod bench;
mod clicks;
mod database;
mod figures;
mod outbox;
mod payload;
mod spoiled;
mod user_agents;
mod work;

use anyhow::bail;
use clap::{Parser, ValueEnum};
use database::Database;

/// Measures the click sink against COPY of the same rows into the same table.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Clicks a round
    #[arg(long, default_value_t = 200_000)]
    clicks: u32,
    /// Records of a batch at most; a payload of 6 MB may hold fewer
    #[arg(long, default_value_t = 10_000)]
    batch_size: u64,
    /// How often both are measured
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Measures again with so many clicks in the table beforehand
    #[arg(long, default_value_t = 0)]
    prefill: u32,
    /// Events of the outbox's large backlog; 0 leaves it out
    #[arg(long, default_value_t = 1_000_000)]
    backlog: u32,
    /// Measures this alone
    #[arg(long)]
    only: Option<Part>,
    /// The broker. That of `make up` when not given
    #[arg(long, env = "KAFKA_BOOTSTRAP_SERVERS")]
    bootstrap: Option<String>,
    /// The server; the URL is a superuser's and names no database. That of `make up` when not given
    #[arg(long, env = "TEST_POSTGRES_URL")]
    server: Option<String>,
}

/// What can be measured alone.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Clicks,
    Outbox,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let local = stack::Settings::of_checkout(&std::env::current_dir()?)?;
    let mut database = Database::create(arguments.server.as_ref().unwrap_or(&local.server_url())).await?;
    let bootstrap = arguments.bootstrap.clone().unwrap_or(format!("127.0.0.1:{}", local.kafka_port));
    let result = tokio::select! {
        result = measure(&arguments, &mut database, &bootstrap) => result,
        _ = tokio::signal::ctrl_c() => stopped(),
    };
    database.remove().await?;
    result
}

async fn measure(arguments: &Arguments, database: &mut Database, bootstrap: &str) -> anyhow::Result<()> {
    if arguments.only != Some(Part::Outbox) {
        bench::run(arguments, database).await?;
    }
    if arguments.only != Some(Part::Clicks) {
        outbox::run(database, bootstrap, arguments.backlog).await?;
    }
    Ok(())
}

fn stopped() -> anyhow::Result<()> {
    bail!("stopped")
}
