//! `bench`: what the system reaches, beside limits taken in the same run. See the crate's README.
#![expect(clippy::print_stdout, reason = "a command whose output is its result")]

mod archives;
mod arguments;
mod bench;
mod beside;
mod clicks;
mod database;
mod discussions;
mod figures;
mod functions;
mod host;
mod machine;
mod orders;
mod outbox;
mod payload;
mod reads;
mod redirect;
mod results;
mod spoiled;
mod stage;
mod statements;
mod statistics;
mod topics;
mod user_agents;
mod users;
mod work;

use anyhow::bail;
use arguments::{Arguments, Part};
use clap::Parser;
use database::Database;
use results::Results;
use stage::Stage;
use template::Template;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let local = stack::Settings::of_checkout(&std::env::current_dir()?)?;
    let mut database = Database::create(arguments.server.as_ref().unwrap_or(&local.server_url())).await?;
    let result = tokio::select! {
        result = run(&arguments, &local, &mut database) => result,
        _ = tokio::signal::ctrl_c() => stopped(),
    };
    database.remove().await?;
    result
}

/// Measures, and writes down what was measured where it is all of it, in its usual sizes.
async fn run(arguments: &Arguments, local: &stack::Settings, database: &mut Database) -> anyhow::Result<()> {
    let mut results = Results::default();
    // Before anything else takes a share of the machine.
    let template = Template::read(&local.root.join("infra/template.yaml"))?;
    let head = machine::head(database, &template).await?;
    println!("{head}");
    measure(arguments, local, database, &template, &mut results).await?;
    let folder = local.root.join("localstack/bench");
    if arguments.is_whole() {
        results.save(&folder, &head)?;
        println!("\nWritten to {0}/results.md and {0}/results.json", folder.display());
    } else {
        println!(
            "\nresults.md and results.json are as they were: they are written when everything is measured, in its usual sizes"
        );
    }
    Ok(())
}

async fn measure(
    arguments: &Arguments,
    local: &stack::Settings,
    database: &mut Database,
    template: &Template,
    results: &mut Results,
) -> anyhow::Result<()> {
    let bootstrap = arguments.bootstrap.clone().unwrap_or(format!("127.0.0.1:{}", local.kafka_port));
    if arguments.wants(Part::Clicks) {
        bench::run(&arguments.sizes, database, results).await?;
    }
    if arguments.wants(Part::Users) {
        users::run(database, template, results).await?;
    }
    let staged = [Part::Redirect, Part::Functions, Part::Statistics, Part::Reads, Part::Discussions];
    if staged.into_iter().any(|part| arguments.wants(part)) {
        let mut stage = Stage::set(template, database, &bootstrap).await?;
        let measured = on_stage(arguments, &mut stage, results).await;
        stage.strike().await?;
        measured?;
    }
    if arguments.wants(Part::Outbox) {
        outbox::run(database, &bootstrap, arguments.sizes.backlog, results).await?;
    }
    if arguments.wants(Part::Archives) {
        archives::run(&local.root, template, results);
    }
    Ok(())
}

/// With the built functions.
async fn on_stage(arguments: &Arguments, stage: &mut Stage<'_>, results: &mut Results) -> anyhow::Result<()> {
    if arguments.wants(Part::Redirect) {
        redirect::run(stage, &arguments.sizes, results).await?;
    }
    if arguments.wants(Part::Functions) {
        functions::run(stage, &arguments.sizes, results).await?;
    }
    if arguments.wants(Part::Statistics) {
        statistics::run(stage, &arguments.sizes, results).await?;
    }
    if arguments.wants(Part::Reads) && arguments.sizes.orders > 0 {
        reads::run(stage, &arguments.sizes, results).await?;
    }
    if arguments.wants(Part::Discussions) {
        discussions::run(stage, &arguments.sizes, results).await?;
    }
    Ok(())
}

fn stopped() -> anyhow::Result<()> {
    bail!("stopped")
}
