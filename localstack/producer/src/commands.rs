mod ending;
mod menu;
mod replay;
mod tell;
mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use console::style;
use settings::Environment;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::arguments::{Command, Common, Via};
use crate::{Arguments, Content, Journal, Pace, Sent, Way};

use ending::until_interrupted;

/// Does what was asked for, until it is done or Ctrl-C. The journal is right whatever ends it.
pub async fn run(arguments: Arguments, clock: fn() -> OffsetDateTime) -> anyhow::Result<ExitCode> {
    Session::start(arguments.common, clock)?.run(arguments.command.as_ref()).await
}

/// What commands need to know.
struct Session {
    common: Common,
    clock: fn() -> OffsetDateTime,
    environment: Environment,
    settings: stack::Settings,
}

impl Session {
    fn start(common: Common, clock: fn() -> OffsetDateTime) -> anyhow::Result<Self> {
        let here = std::env::current_dir().context("cannot read the working directory")?;
        let settings = stack::Settings::of_checkout(&here)?;
        let environment = stack::environment::load(&settings.root)?.into_iter().collect();
        Ok(Self { common, clock, environment, settings })
    }

    async fn run(&self, command: Option<&Command>) -> anyhow::Result<ExitCode> {
        match command {
            None => menu::show(self).await,
            Some(Command::Replay(replay)) => {
                let advice =
                    "Stopped. What is not acknowledged is sent again by `producer replay --unacknowledged JOURNAL`.";
                until_interrupted(replay::run(self, replay), advice).await.map(ExitCode::from)
            }
            Some(Command::Verify(verify)) => {
                until_interrupted(verify::run(self, verify), "Stopped.").await.map(ExitCode::from)
            }
            Some(telling) => {
                let (tale, load) = telling.told().context("it tells something")?;
                tell::run(self, tale, load, 1).await.map(ExitCode::from)
            }
        }
    }

    fn way(&self) -> anyhow::Result<Way> {
        match self.common.via {
            Via::Kafka => Way::kafka(&self.environment),
            Via::Http => {
                let local = format!("http://127.0.0.1:{}", self.settings.http_port);
                let given = self.common.api_key.as_deref();
                let key = given.or_else(|| self.environment.optional("ONCEWARD_API_KEY")).context(
                    "--via http wants an API key: `make api-key DO=\"create --name producer --scope events:* --source /producer\"` \
                     makes one for --api-key or ONCEWARD_API_KEY",
                )?;
                Way::http(self.common.base.as_deref().unwrap_or(&local), key)
            }
        }
    }

    fn pace(&self, rate: Option<u32>) -> Pace {
        Pace { rate, patience: Duration::from_secs(self.common.patience) }
    }

    /// Where the journal of a shop is kept that opens now, and has this number among those of the program.
    fn new_journal(&self, name: &str, opened_at: OffsetDateTime, number: u32) -> anyhow::Result<PathBuf> {
        let format = format_description!("[year][month][day]-[hour][minute][second]-[subsecond digits:3]");
        let file = format!("{}-{name}.jsonl", opened_at.format(&format)?);
        Ok(self.own_journal(number).unwrap_or_else(|| self.settings.journals().join(file)))
    }

    /// The journal of the shop of this number, where somebody said where it is kept.
    fn own_journal(&self, number: u32) -> Option<PathBuf> {
        self.common.journal.as_deref().map(|path| numbered(path, number))
    }

    /// The latest journal.
    fn latest_journal(&self) -> anyhow::Result<PathBuf> {
        let folder = self.settings.journals();
        Journal::latest(&folder).with_context(|| {
            format!("there is no journal in {}: `producer scenario` makes one, and other commands do", folder.display())
        })
    }

    /// A path as it is shortest from here.
    fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.settings.root).unwrap_or(path).display().to_string()
    }
}

/// `journal.jsonl`, `journal-2.jsonl`, …
fn numbered(path: &Path, number: u32) -> PathBuf {
    if number < 2 {
        return path.to_owned();
    }
    let mut file = path.file_stem().unwrap_or_default().to_owned();
    file.push(format!("-{number}"));
    if let Some(extension) = path.extension() {
        file.push(".");
        file.push(extension);
    }
    path.with_file_name(file)
}

/// One line that says what was sent.
fn summary(sent: Sent, content: &Content, via: Via) -> String {
    let counts = content.counts();
    let of = |what: &str| counts.get(what).copied().unwrap_or_default();
    let mut line = format!(
        "{} {} events, {} of them twice, {} of rubbish: {} acknowledged",
        style("✓").green(),
        of("events"),
        of("duplicates"),
        of("rubbish"),
        sent.acknowledged,
    );
    if sent.refused > 0 {
        let by = if via == Via::Http { " refused by the intake" } else { " refused" };
        line.extend([", ", &sent.refused.to_string(), by]);
    }
    if sent.again > 0 {
        line.extend([", ", &sent.again.to_string(), " sent again"]);
    }
    let seconds = sent.took.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 records")]
    let rate = (sent.acknowledged + sent.refused) as f64 / seconds.max(0.001);
    line + &format!(" in {seconds:.1} s ({rate:.0} a second)")
}

#[expect(clippy::print_stdout, reason = "what a command-line tool is asked for")]
fn say(line: &str) {
    println!("{line}");
}
