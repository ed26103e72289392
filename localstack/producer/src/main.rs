//! `producer`: with a command does that, and without one shows a menu.

use std::process::ExitCode;

use clap::Parser;
use producer::Arguments;
use time::OffsetDateTime;

#[expect(clippy::disallowed_methods, reason = "the clock is read here, and passed on")]
#[tokio::main]
async fn main() -> ExitCode {
    stack::report(producer::run(Arguments::parse(), OffsetDateTime::now_utc).await)
}
