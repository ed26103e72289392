//! `bench`: the click sink against `COPY` of the same rows. See the crate's README.
#![expect(clippy::print_stdout, reason = "a command whose output is its result")]

mod bench;
mod clicks;
mod database;
mod figures;
mod payload;
mod spoiled;
mod user_agents;
mod work;

use anyhow::bail;
use clap::Parser;
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
    /// The server; the URL is a superuser's and names no database. That of `make up` when not given
    #[arg(long, env = "TEST_POSTGRES_URL")]
    server: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let local = stack::Settings::of_checkout(&std::env::current_dir()?)?.server_url();
    let mut database = Database::create(arguments.server.as_ref().unwrap_or(&local)).await?;
    let result = tokio::select! {
        result = bench::run(&arguments, &mut database) => result,
        _ = tokio::signal::ctrl_c() => stopped(),
    };
    database.remove().await?;
    result
}

fn stopped() -> anyhow::Result<()> {
    bail!("stopped")
}
