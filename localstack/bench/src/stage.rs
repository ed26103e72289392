//! Where the built functions are measured: on the benchmark's database, with topics of its own.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;

use anyhow::{Context as _, ensure};
use event_source::Config;
use kafka::topics;
use settings::Environment;
use store::links::Link;
use store::users::User;
use store::{api_keys, links, users};
use tempfile::TempDir;
use template::{Function, Route, Template};
use time::OffsetDateTime;
use uuid::{Builder, Uuid};

use crate::database::Database;
use crate::topics::{PREFIX, make_anew};

/// The code of a link that is there.
pub(crate) const CODE: &str = "bench";
/// A user that is there.
pub(crate) const USER: &str = "bench-user";
/// A thread that is there, as analytics sees it.
pub(crate) const DISCUSSED: &str = "bench-thread";
/// The function that does nothing, and the request that it answers.
pub(crate) const CONSTANT: &str = "constant-302";
pub(crate) const CONSTANT_PATH: &str = "/constant/bench";
/// What the names of the settings begin with that name a topic.
const TOPIC_SETTINGS: &str = "TOPIC_";

/// What functions find around them.
pub(crate) struct Stage<'a> {
    pub(crate) template: &'a Template,
    pub(crate) database: &'a mut Database,
    pub(crate) bootstrap: String,
    /// An API key that may do all that is asked here.
    pub(crate) key: String,
    /// What functions are told, over what the template tells them.
    pub(crate) variables: BTreeMap<String, String>,
    /// The folder of all binaries that were built with this one; gone with this.
    pub(crate) binaries: TempDir,
    topics: Vec<String>,
}

impl<'a> Stage<'a> {
    pub(crate) async fn set(
        template: &'a Template,
        database: &'a mut Database,
        bootstrap: &str,
    ) -> anyhow::Result<Self> {
        let (mut variables, mut topics) = (variables(database, bootstrap), Vec::new());
        for (setting, topic) in template.functions.iter().flat_map(|function| &function.environment) {
            if setting.starts_with(TOPIC_SETTINGS) && !variables.contains_key(setting) {
                let deployed = template.topics.iter().find(|deployed| deployed.name == *topic);
                let partitions = deployed.with_context(|| format!("the template has no topic {topic}"))?.partitions;
                let own = own_topic(topic);
                make_anew(bootstrap, &own, partitions).await?;
                topics.push(own.clone());
                variables.insert(setting.clone(), own);
            }
        }
        let key = furnish(database).await?;
        let binaries = gather(template)?;
        Ok(Self { template, database, bootstrap: bootstrap.to_owned(), key, variables, binaries, topics })
    }

    /// A function, as the template has it.
    pub(crate) fn function(&self, name: &str) -> anyhow::Result<Function> {
        let found = self.template.functions.iter().find(|function| function.name == name);
        found.cloned().with_context(|| format!("the template has no function {name}"))
    }

    /// The mapping of a consumer, for the benchmark's topic and a group of its own. `endpoint` is where its functions are.
    pub(crate) fn poller(&self, consumer: &str, endpoint: &str) -> anyhow::Result<Config> {
        let function = self.function(consumer)?;
        let mapping = function.mappings.first();
        let mut mapping = mapping.with_context(|| format!("the template maps no topic to {consumer}"))?.clone();
        mapping.topic = own_topic(&mapping.topic);
        mapping.consumer_group = format!("{}-{}", mapping.topic, std::process::id());
        let mut config = Config::new(&function, &mapping, &self.bootstrap, endpoint);
        config.status_every = None;
        Ok(config)
    }

    /// The function that does nothing, with the memory and the time of `like`.
    pub(crate) fn constant(like: &Function) -> Function {
        let route = Route { method: "GET".to_owned(), path: "/constant/{code}".to_owned() };
        Function { logical_id: CONSTANT.to_owned(), name: CONSTANT.to_owned(), routes: vec![route], ..like.clone() }
    }

    /// What a part of the system would read that runs in this process.
    pub(crate) fn environment(&self) -> Environment {
        self.variables.clone().into_iter().collect()
    }

    pub(crate) async fn strike(self) -> anyhow::Result<()> {
        topics::delete(&self.bootstrap, &self.topics.iter().map(String::as_str).collect::<Vec<_>>()).await
    }
}

/// The benchmark's own topic, for one of the template.
fn own_topic(topic: &str) -> String {
    format!("{PREFIX}{topic}")
}

fn variables(database: &Database, bootstrap: &str) -> BTreeMap<String, String> {
    let (app, owner) = (database.url("onceward_app"), database.url("onceward_owner"));
    [
        ("DATABASE_URL", app.as_str()),
        ("OWNER_DATABASE_URL", &owner),
        ("KAFKA_BOOTSTRAP_SERVERS", bootstrap),
        ("KAFKA_SECURITY_PROTOCOL", "PLAINTEXT"),
        ("KAFKA_SASL_MECHANISM", ""),
        ("PUBLIC_BASE_URL", "https://short.example"),
        // It works for most of a minute when it is deployed.
        ("OUTBOX_RELAY_SECONDS", "1"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

/// Makes a link, a user, a thread that analytics knows, and a key, which it gives.
async fn furnish(database: &mut Database) -> anyhow::Result<String> {
    #[expect(clippy::disallowed_methods, reason = "the link and the key are made now")]
    let now = OffsetDateTime::now_utc();
    make_link(database, CODE, now).await?;
    make_thread(database, now).await?;
    let text = |text: &str| Some(text.to_owned());
    let user = User {
        user_id: USER.to_owned(),
        user_type: text("student"),
        email: text("bench@example.com"),
        email_key: text("bench@example.com"),
        registered_version: text("1"),
        registered_at: Some(now),
        ..User::default()
    };
    users::insert(&mut database.connection, &[&user]).await?;
    let scopes = ["links", "read", "discussions", "events:*"].map(str::to_owned);
    let new = api::NewKey::new("bench", &scopes, &["/bench".to_owned()], None, now)?;
    let key = api::Key::generate(&mut rand::rng());
    let row = new.row(&key, &"operator:bench".parse()?, now);
    api_keys::insert(&mut database.connection, &row).await?;
    Ok(key.reveal())
}

/// Makes a link, and gives its id.
pub(crate) async fn make_link(database: &mut Database, code: &str, now: OffsetDateTime) -> anyhow::Result<Uuid> {
    let millis = u64::try_from(now.unix_timestamp_nanos() / 1_000_000)?;
    let link = Link {
        link_id: Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid(),
        code: code.to_owned(),
        target: "https://example.com/".to_owned(),
        created_at: now,
    };
    ensure!(links::insert(&mut database.connection, &link).await?, "the code {code} is taken");
    Ok(link.link_id)
}

async fn make_thread(database: &mut Database, now: OffsetDateTime) -> sqlx::Result<()> {
    let statement = "
        insert into thread_aggregates (thread_id, course_id, title, title_sequence, author_id, created_at, last_activity_at,
            event_source, event_id, recorded_at)
        values ($1, 'bench', 'Is it fast?', '1', $2, $3, $3, '/bench', 't-1', $3)";
    let thread = sqlx::query(statement).bind(DISCUSSED).bind(USER).bind(now);
    thread.execute(&mut database.connection).await.map(drop)
}

/// A folder of all binaries that were built with this one.
fn gather(template: &Template) -> anyhow::Result<TempDir> {
    let own = std::env::current_exe().context("this program has no path")?;
    let built = own.parent().context("this program is in no folder")?;
    let folder = stack::scratch()?;
    let functions = template.functions.iter().map(|function| (function.name.as_str(), built.join(&function.name)));
    for (name, binary) in functions.chain([(CONSTANT, built.join("examples").join(CONSTANT))]) {
        ensure!(binary.is_file(), "{} is not built: run `make bench`", binary.display());
        symlink(binary, folder.path().join(name)).context("cannot gather the functions in one folder")?;
    }
    Ok(folder)
}
