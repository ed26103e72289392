#![doc = include_str!("../README.md")]

mod aggregates_check;
mod answer;
mod api_key;
mod arguments;
mod audit_verify;
mod bytes;
mod dlq;
mod outbox;
mod parked;
mod selection;
mod table;
mod when;

use std::process::ExitCode;
use std::time::SystemTime;

use ::outbox::WriteError;
use anyhow::Context as _;
use clap::Parser;
use events::{Source, SystemAudit, Topic, UserId};
use settings::Environment;
use store::PgConnection;

use crate::answer::Answer;
use crate::arguments::{Arguments, Command};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let ours = "operator=info";
    tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(ours).with_writer(std::io::stderr).init();
    match Arguments::try_parse() {
        Ok(arguments) => stack::report(run(arguments).await),
        // Help is no failure; and a failure is 1, whichever it is.
        Err(error) => {
            error.print().ok();
            if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the clock is read here, and passed on")]
async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let here = std::env::current_dir().context("cannot read the working directory")?;
    let root = stack::environment::checkout(arguments.root, &here)?;
    let environment: Environment = stack::environment::load(&root)?.into_iter().collect();
    let pool = store::pool(&environment)?;
    let connection = &mut *pool
        .acquire()
        .await
        .context("the database does not answer: check DATABASE_URL, and start the local one with `make up`")?;
    let user = environment.optional("USER").unwrap_or("unknown");
    let audit = Topic::SystemAudit;
    let session = Session {
        now: SystemTime::now().into(),
        user,
        actor: actor(user),
        audit_topic: environment.optional(audit.variable()).unwrap_or(audit.default_name()),
        audit_source: Source::new("/onceward/operator").expect("a short text"),
    };
    let answered = match arguments.command {
        Command::AggregatesCheck(command) => aggregates_check::run(command, connection).await,
        Command::AuditVerify(command) => audit_verify::run(command, connection, &environment, &session).await,
        Command::Dlq(command) => dlq::run(*command, connection, &session).await,
        Command::ApiKey(command) => api_key::run(command, connection, &session).await,
        Command::Outbox(command) => outbox::run(command, connection, &session).await,
        Command::Parked(command) => parked::run(command, connection, &session).await,
    };
    answered.and_then(Answer::give)
}

/// Who asks, and when.
struct Session<'a> {
    now: time::OffsetDateTime,
    user: &'a str,
    /// As the audit log has them.
    actor: UserId,
    /// Where it is said what was done, for the audit log.
    audit_topic: &'a str,
    /// Who says it.
    audit_source: Source,
}

impl Session<'_> {
    /// Puts it on record with the transaction; the relay publishes it.
    async fn audit(&self, connection: &mut PgConnection, done: SystemAudit) -> Result<(), WriteError> {
        ::outbox::audit(connection, self.audit_topic, &self.audit_source, done, self.now).await.map(drop)
    }
}

/// `operator:<name>`, with a hyphen for what a user id cannot have.
fn actor(user: &str) -> UserId {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let name: String = user.chars().map(allowed).take(100).collect();
    format!("operator:{name}").parse().expect("only characters that a user id may have")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_is_one_that_the_audit_log_takes() {
        assert_eq!(actor("ada").as_str(), "operator:ada");
        assert_eq!(actor("Ada Löv@example").as_str(), "operator:Ada-L-v-example");
        assert_eq!(actor(&"é".repeat(500)).as_str().len(), 109);
    }
}
