//! The demo from the first step to the last.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use console::style;
use events::Topic;
use settings::Environment;
use store::PgPool;
use time::OffsetDateTime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, sleep};

use crate::api::Api;
use crate::copies::Copies;
use crate::database;
use crate::discussions::Discussions;
use crate::kafka::OtherProducer;
use crate::mishaps::Mishaps;
use crate::operator::Operator;
use crate::people::People;
use crate::plan::{Counts, LAST, Plan};
use crate::progress::{Step, done};
use crate::report::{self, Row};
use crate::services::{Services, Stage};
use crate::shop::Shop;
use crate::tampering;
use crate::visit::{Link, Visits};

/// How long the last click may take to be counted. A poller that joins after one was killed waits 6 s for its place.
const PATIENCE: Duration = Duration::from_mins(1);

/// As a shell reports a program that Ctrl-C has ended.
const INTERRUPTED: u8 = 130;

/// Plays the demo; the exit code says whether every count is right.
pub(crate) async fn run() -> anyhow::Result<ExitCode> {
    let stage = Stage::set()?;
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let services = Services::start(&stage).await?;
    let outcome = tokio::select! {
        outcome = play(&stage, &services.base) => Some(outcome),
        _ = interrupt.recv() => None,
        _ = terminate.recv() => None,
    };
    services.stop().await;
    // However it ended, nothing stays as the second act may have left it.
    let repaired = database::repair(&stage.variables).await.and(tampering::repair(&stage.variables).await);
    let log = stage.log.strip_prefix(&stage.root).unwrap_or(&stage.log).display();
    match outcome {
        None => Ok(ExitCode::from(INTERRUPTED)),
        Some(Err(error)) => Err(error.context(format!("the demo stops here; {log} has what the functions said"))),
        Some(Ok(_)) if repaired.is_err() => Err(repaired.expect_err("it failed")),
        Some(Ok(rows)) => Ok(conclude(&rows, &log.to_string(), stage.dev_port)),
    }
}

async fn play(stage: &Stage, base: &str) -> anyhow::Result<Vec<Row>> {
    #[expect(clippy::disallowed_methods, reason = "the one place where the demo asks for the time")]
    let now = OffsetDateTime::now_utc();
    let plan = Plan::new(now);
    let expected = plan.expected();
    let operator = Operator { root: stage.root.clone() };
    let key = operator.make_key("demo").await?;
    done(&format!("Made an API key for a day: {}", style(&key).cyan()));
    let visits = Visits::new(base, &key)?;
    let pool = store::pool(&stage.variables)?;
    let topic = topic(&stage.variables);
    let bootstrap = stage.variables.required("KAFKA_BOOTSTRAP_SERVERS")?;
    let copies = Copies::from_now(bootstrap, &format!("{topic}.dlq"))?;

    let step = Step::start("Starting the functions and making a link");
    let link = visits.make_link().await?;
    step.done(&format!("Made the link {} to {}", style(&link.short_url).cyan(), link.target));

    let producer = OtherProducer::new(bootstrap, topic, link.id, &link.code)?;
    publish(&plan, &producer).await?;
    follow(&plan, &visits, &link).await?;
    visits.follow(&link, &plan.last, false).await?;

    let step = Step::start("Waiting");
    let counted = wait(&step, &expected, &plan, &visits, &link, &pool).await?;
    let mut rows = report::rows(&expected, &counted);
    if !counted.countries.contains_key(LAST) {
        step.failed(&format!("The last click was not counted within {} s", PATIENCE.as_secs()));
        return Ok(rows);
    }
    step.done(&format!("Counted {} clicks", counted.people + counted.bots));
    let (plan, visits, link, pool, operator) = (&plan, &visits, &link, &pool, &operator);
    let mishaps = Mishaps { stage, plan, visits, link, producer: &producer, copies: &copies, pool, operator };
    rows.extend(mishaps.play().await?);
    let api = Api::new(base, &key)?;
    rows.extend(People::new(stage, &api, operator, now).play().await?);
    rows.extend(Shop::new(stage, &api, now).play().await?);
    rows.extend(Discussions::new(&api, operator, now).play().await?);
    Ok(rows)
}

fn topic(variables: &Environment) -> &str {
    variables.optional(Topic::LinkClicks.variable()).unwrap_or(Topic::LinkClicks.default_name())
}

/// What other producers send: the clicks of earlier hours, one click twice, and one malformed record.
async fn publish(plan: &Plan, producer: &OtherProducer) -> anyhow::Result<()> {
    let step = Step::of(plan.earlier.len(), "Publishing clicks of the last hours");
    for (time, visit) in &plan.earlier {
        producer.click(*time, visit, 1).await?;
        step.advance();
    }
    step.done(&format!("Published {} clicks of the last hours to {}", plan.earlier.len(), producer.topic));
    let (time, visit) = &plan.twice;
    producer.click(*time, visit, 2).await?;
    producer.malformed().await?;
    done("Delivered one click twice, and sent one malformed record");
    Ok(())
}

/// The visits over HTTP, one after the other.
async fn follow(plan: &Plan, visits: &Visits, link: &Link) -> anyhow::Result<()> {
    let step = Step::of(plan.visits.len(), "Following it as browsers, phones and bots");
    for (head, visit) in &plan.visits {
        visits.follow(link, visit, *head).await?;
        step.advance();
    }
    let heads = plan.visits.iter().filter(|(head, _)| *head).count();
    let clicks = plan.visits.len() - heads;
    step.done(&format!("Followed it {clicks} times as browsers, phones and bots, and {heads} times with HEAD"));
    Ok(())
}

/// Waits until the last click is counted. All records of the link are in one partition, and whatever was sent before
/// the last one has been counted by then, or never will be: more and less both show.
async fn wait(
    step: &Step,
    expected: &Counts,
    plan: &Plan,
    visits: &Visits,
    link: &Link,
    pool: &PgPool,
) -> anyhow::Result<Counts> {
    let deadline = Instant::now() + PATIENCE;
    let all = expected.people + expected.bots;
    loop {
        let mut counted = visits.counts(link, plan.hour).await?;
        let so_far = counted.people + counted.bots;
        step.waits_for(format!("Waiting for the consumer: {so_far} of {all} clicks are counted"));
        if counted.countries.contains_key(LAST) || Instant::now() > deadline {
            // Read once more: the statistics are several queries, and the last click may have come between them.
            counted = visits.counts(link, plan.hour).await?;
            counted.dead_letters = dead_letters(pool, link).await?;
            return Ok(counted);
        }
        sleep(Duration::from_millis(200)).await;
    }
}

/// The dead letters with the link's code as their key.
async fn dead_letters(pool: &PgPool, link: &Link) -> anyhow::Result<u64> {
    let mut connection = pool.acquire().await.context("PostgreSQL does not answer: run `make up`")?;
    let letters = store::dead_letters::list(&mut connection, "click-consumer").await?;
    let ours = letters.iter().filter(|letter| letter.key.as_deref() == Some(link.code.as_bytes()));
    Ok(ours.count() as u64)
}

/// Shows the comparison and how to go on.
#[expect(clippy::print_stdout, reason = "the result of a command-line tool")]
fn conclude(rows: &[Row], log: &str, dev_port: u16) -> ExitCode {
    println!("\n{}\n{}", report::table(rows), report::chart(rows));
    let off = rows.iter().filter(|row| !row.is_right()).count();
    if off > 0 {
        println!(
            "{}",
            style(format!("{off} of {} counts are off. {log} has what the functions said.", rows.len())).red()
        );
        return ExitCode::FAILURE;
    }
    println!("{}  The log of the functions: {log}\n", style("Every count is right.").green().bold());
    println!("{}", report::how_to_go_on(dev_port));
    ExitCode::SUCCESS
}
