#![doc = include_str!("../README.md")]

mod compare;
mod compile;
mod scratch;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Parser;

/// Renews .sqlx from the migrations and the statements of shared/store.
#[derive(Parser)]
struct Arguments {
    /// Only say what differs; ends with 1 where something does
    #[arg(long)]
    check: bool,
    /// The checkout
    #[arg(long, default_value = ".")]
    root: PathBuf,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let root = arguments.root.canonicalize().context("cannot open the checkout")?;
    let fresh = tempfile::tempdir().context("cannot make a temporary folder")?;
    let database = scratch::Database::create(&scratch::owner_url(&root)?, &root.join("migrations")).await?;
    let compiled = compile::describe(&root, &database.url(), fresh.path());
    database.remove().await?;
    compiled?;
    let committed = root.join(".sqlx");
    if arguments.check { compare::same(&committed, fresh.path()) } else { renew(&committed, fresh.path()) }
}

fn renew(committed: &Path, fresh: &Path) -> anyhow::Result<()> {
    compare::replace(committed, fresh).with_context(|| format!("cannot renew {}", committed.display()))
}
