//! The functions and what polls Kafka for them, for as long as the demo runs.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use event_source::Sources;
use runtime::{LogSink, Running, Runtime, RuntimeConfig};
use settings::Environment;
use template::Template;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long a click may take to be acknowledged, where nobody has said: a broker that has just been started for the
/// first time takes more than the usual 1.5 s on a busy machine.
const MESSAGE_TIMEOUT_MS: &str = "6000";

/// How often that comes here which comes every minute when it is deployed: nobody wants to watch for a minute.
const TICK: Duration = Duration::from_secs(1);
/// How long the relay works at a time, so that the end of the demo need not wait for it.
const RELAY_SECONDS: &str = "1";

/// Where the demo runs and what it is told.
pub(crate) struct Stage {
    pub(crate) root: PathBuf,
    pub(crate) template: Template,
    /// What functions are given; the demo itself reaches the servers by it too.
    pub(crate) variables: Environment,
    /// Where `make dev` serves the functions.
    pub(crate) dev_port: u16,
    /// Where all that functions and the event source write goes.
    pub(crate) log: PathBuf,
    /// Where `make producer` keeps its journals.
    pub(crate) journals: PathBuf,
    log_file: Arc<File>,
    listen: SocketAddr,
    environment: BTreeMap<String, String>,
}

impl Stage {
    /// Reads settings and template, and opens the log.
    pub(crate) fn set() -> anyhow::Result<Self> {
        let here = std::env::current_dir().context("cannot read the working directory")?;
        let settings = stack::Settings::of_checkout(&here)?;
        let root = settings.root.clone();
        let template = Template::read(&root.join("infra/template.yaml"))?;
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, stack::free_port()));
        let mut environment = stack::environment::of_functions(&root, &template.functions)?;
        environment.insert("PUBLIC_BASE_URL".into(), format!("http://{listen}"));
        // Countries come from a header, as behind Cloudflare, and from nowhere else.
        environment.insert("TRUSTED_EDGE".into(), "cloudflare".into());
        environment.insert("COUNTRY_DATABASE".into(), String::new());
        environment.insert("OUTBOX_RELAY_SECONDS".into(), RELAY_SECONDS.into());
        environment.entry("KAFKA_MESSAGE_TIMEOUT_MS".into()).or_insert_with(|| MESSAGE_TIMEOUT_MS.into());
        let log = settings.logs().join("demo.log");
        let folder = log.parent().context("the log has no folder")?;
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        Ok(Self {
            variables: environment.clone().into_iter().collect(),
            log_file: Arc::new(file),
            root,
            template,
            dev_port: settings.http_port,
            journals: settings.journals(),
            log,
            listen,
            environment,
        })
    }
}

/// The host of the functions and the pollers.
pub(crate) struct Services {
    /// Where the functions are served: `http://127.0.0.1:21234`.
    pub(crate) base: String,
    host: Running,
    stop: watch::Sender<bool>,
    pollers: JoinSet<anyhow::Result<()>>,
}

impl Services {
    /// Starts them, and everything that they have to say goes to the stage's log.
    pub(crate) async fn start(stage: &Stage) -> anyhow::Result<Self> {
        let file = Arc::clone(&stage.log_file);
        tracing_subscriber::fmt().with_target(false).with_ansi(false).with_writer(Arc::clone(&file)).init();
        let mut config = RuntimeConfig::new(stage.template.functions.clone(), stage.root.join("target/debug"));
        config.listen = stage.listen;
        config.env.clone_from(&stage.environment);
        config.log = LogSink::new(move |function, line| {
            // A full disk shows elsewhere soon enough.
            let _ = (&*file).write_all(format!("{function:>14} | {line}\n").as_bytes());
        });
        let host = Runtime::start(config).await?;
        let base = format!("http://{}", host.addr);
        let bootstrap = stage.variables.required("KAFKA_BOOTSTRAP_SERVERS")?;
        let (stop, stopped) = watch::channel(false);
        let mut sources = Sources::of(&stage.template, bootstrap, &base)?;
        sources.tick_every(TICK);
        let pollers = sources.start(&stopped);
        Ok(Self { base, host, stop, pollers })
    }

    /// Stops them: a batch in flight is finished first.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.pollers.join_next().await.is_some() {}
        self.host.shutdown().await;
    }
}
