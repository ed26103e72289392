//! `stack`: the two servers of the local stack, up and down.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use stack::{Command, Settings};

/// Apache Kafka and PostgreSQL on this machine.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The checkout; found from the working directory when not given.
    #[arg(long, global = true)]
    root: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    stack::report(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let here = std::env::current_dir().context("cannot read the working directory")?;
    let root = stack::environment::checkout(arguments.root, &here)?;
    let environment = stack::environment::load(&root)?.into_iter().collect();
    let settings = Settings::new(root, &environment)?;
    stack::run(arguments.command, &settings).await
}
