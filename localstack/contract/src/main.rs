//! Writes the documents of the contract, or checks them.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Parser;

/// Writes schemas/, openapi.json and docs/events.md from the Rust types and routes.
#[derive(Parser)]
struct Arguments {
    /// Only say what differs, and what would break readers or writers; ends with 1 where something does
    #[arg(long)]
    check: bool,
    /// The checkout
    #[arg(long, default_value = ".")]
    root: PathBuf,
}

#[expect(clippy::print_stderr, reason = "it speaks to people")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let root = arguments.root.canonicalize().context("cannot open the checkout")?;
    let documents = contract::documents()?;
    if !arguments.check {
        return contract::write(&root, &documents);
    }
    for line in contract::check(&root, &documents)? {
        eprintln!("NOT CHECKED: {line}");
    }
    Ok(())
}
