//! `cost`: what an hour of a given load costs in Lambda time and requests. See the crate's README.
#![expect(clippy::print_stdout, reason = "a command whose output is its result")]

mod arguments;
mod figures;
mod hour;
mod prices;
mod table;
mod trigger;

use std::process::ExitCode;

use anyhow::Context;
use arguments::{Arguments, Conditions};
use clap::Parser;
use figures::Figures;
use template::Template;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    stack::report(run(&arguments).map(|()| ExitCode::SUCCESS))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let here = std::env::current_dir().context("cannot read the working directory")?;
    let root = stack::environment::checkout(None, &here)?;
    let template = Template::read(&root.join("infra/template.yaml"))?;
    let mut figures = Figures::read(&root.join("localstack/bench/results.json"))?;
    figures.set(&arguments.figures);
    let hour = hour::hour(&template, &figures, &arguments.load, &arguments.conditions)?;
    let all_waiting = Conditions { processor_share: 0.0, ..arguments.conditions };
    let waiting = hour::hour(&template, &figures, &arguments.load, &all_waiting)?;
    print!("{}", table::report(&hour, &waiting, arguments, &figures));
    Ok(())
}
