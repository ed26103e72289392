//! Starts and stops a host.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::serve::ListenerExt as _;
use template::Function;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::RuntimeConfig;
use crate::blueprint::Blueprint;
use crate::figures::Figures;
use crate::memory;
use crate::pool::Pool;
use crate::routes::Routes;
use crate::runtime_api::RuntimeApi;
use crate::server::{Front, router};
use crate::watchdog::Watchdog;

/// The local Lambda: see [`Runtime::start`].
pub struct Runtime;

impl Runtime {
    /// Starts to serve the functions. Their processes are started with the first invocation.
    ///
    /// # Errors
    /// A binary is missing, two routes are in each other's way, or the address is taken.
    pub async fn start(config: RuntimeConfig) -> anyhow::Result<Running> {
        check_binaries(&config.bin_dir, &config.functions)?;
        let routes = Routes::of(&config.functions)?;
        let taken = || format!("cannot listen on {}: is another host running?", config.listen);
        let listener = TcpListener::bind(config.listen).await.with_context(taken)?;
        let addr = listener.local_addr()?;
        let api = Arc::new(RuntimeApi::start().await?);
        let watchdog = Arc::new(Watchdog::start()?);
        let figures = Arc::new(Figures::new(config.functions.iter().map(|function| function.name.as_str())));
        if !memory::is_known() {
            tracing::warn!("No function is held to its memory: that is only possible on Linux");
        }
        let pools: HashMap<_, _> = config
            .functions
            .iter()
            .map(|function| (function.name.clone(), pool(&config, function, &api, &watchdog, &figures)))
            .collect();
        let stopped = pools.values().cloned().collect();
        let app = router(Arc::new(Front { pools, routes, figures, port: addr.port() }));
        let (stop, stopping) = oneshot::channel::<()>();
        let mut server = JoinSet::new();
        server.spawn(async move {
            let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
            let app = app.into_make_service_with_connect_info::<SocketAddr>();
            // Serving ends only with the shutdown: errors of single connections are handled inside.
            let _ = axum::serve(listener, app).with_graceful_shutdown(async { drop(stopping.await) }).await;
        });
        Ok(Running { addr, stop, server, pools: stopped, grace: config.shutdown_grace })
    }
}

fn pool(
    config: &RuntimeConfig,
    function: &Function,
    api: &Arc<RuntimeApi>,
    watchdog: &Arc<Watchdog>,
    figures: &Arc<Figures>,
) -> Arc<Pool> {
    let blueprint = Blueprint {
        function: function.clone(),
        binary: config.bin_dir.join(&function.name),
        variables: variables(config, function),
        init_limit: config.init_limit,
        memory_interval: config.memory_interval,
        log: config.log.clone(),
        figures: Arc::clone(figures),
        api: Arc::clone(api),
        watchdog: Arc::clone(watchdog),
    };
    Pool::new(blueprint, function.concurrency.unwrap_or(config.default_concurrency).max(1))
}

/// The template's variables, and the host's over them. What the template gives to other functions and not to this one stays with
/// those, as it does on Lambda: who owns the tables is nobody's business but that of `migrate`.
fn variables(config: &RuntimeConfig, function: &Function) -> BTreeMap<String, String> {
    let is_of_others = |name: &str| config.functions.iter().any(|other| other.is_given(name));
    let own = config.env.iter().filter(|(name, _)| function.is_given(name) || !is_of_others(name));
    let own = own.map(|(name, value)| (name.clone(), value.clone()));
    function.environment.clone().into_iter().chain(own).collect()
}

fn check_binaries(bin_dir: &Path, functions: &[Function]) -> anyhow::Result<()> {
    let missing: Vec<String> = functions
        .iter()
        .filter(|function| !bin_dir.join(&function.name).is_file())
        .map(|function| format!("-p {}", function.name))
        .collect();
    if !missing.is_empty() {
        bail!("functions are not built in {}: run `cargo build {}`", bin_dir.display(), missing.join(" "));
    }
    Ok(())
}

/// A host that serves. Dropping it kills the functions at once; [`Running::shutdown`] lets them finish.
#[must_use = "a host that is dropped stops"]
pub struct Running {
    /// Where the Invoke API and the HTTP routes are served.
    pub addr: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinSet<()>,
    pools: Vec<Arc<Pool>>,
    grace: Duration,
}

impl Running {
    /// Takes no more requests, lets those that run finish within the configured time, and ends every process.
    pub async fn shutdown(mut self) {
        let until = tokio::time::Instant::now() + self.grace;
        drop(self.stop);
        if tokio::time::timeout_at(until, self.server.join_next()).await.is_err() {
            tracing::warn!("Requests are still open and are cut off");
        }
        let mut stopping = JoinSet::new();
        for pool in self.pools {
            stopping
                .spawn(async move { pool.stop(until.saturating_duration_since(tokio::time::Instant::now())).await });
        }
        while stopping.join_next().await.is_some() {}
    }
}
