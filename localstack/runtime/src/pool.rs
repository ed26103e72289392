//! The environments of one function, and the invocations that wait for one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use crate::blueprint::Blueprint;
use crate::caller::Caller;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::figures::Environments;

/// Starts environments on demand, up to the function's concurrency; invocations beyond it wait, first come first
/// served. The environment used last is used next, as the warmest.
pub(crate) struct Pool {
    pub(crate) blueprint: Arc<Blueprint>,
    permits: Arc<Semaphore>,
    concurrency: u32,
    idle: Mutex<Vec<Environment>>,
    running: Mutex<JoinSet<()>>,
}

impl Pool {
    pub(crate) fn new(blueprint: Blueprint, concurrency: u32) -> Arc<Self> {
        Arc::new(Self {
            blueprint: Arc::new(blueprint),
            permits: Arc::new(Semaphore::new(concurrency as usize)),
            concurrency,
            idle: Mutex::default(),
            running: Mutex::default(),
        })
    }

    /// Invokes the function. A caller that goes away takes back an invocation that still waits; one that runs, runs on.
    pub(crate) async fn invoke(self: &Arc<Self>, payload: Bytes) -> Outcome {
        let stopping = || Failure::new("ServiceException", "the host is stopping");
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| stopping())?;
        let (caller, outcome) = Caller::new(&self.blueprint.function.name, &self.blueprint.figures);
        self.run(permit, payload, caller);
        outcome.await.unwrap_or_else(|_| Err(stopping()))
    }

    fn run(self: &Arc<Self>, permit: OwnedSemaphorePermit, payload: Bytes, mut caller: Caller) {
        let pool = Arc::clone(self);
        let mut running = lock(&self.running);
        while running.try_join_next().is_some() {}
        running.spawn(async move {
            match pool.environment().await {
                Ok(environment) => {
                    let left = environment.invoke(payload, &mut caller).await;
                    lock(&pool.idle).extend(left);
                }
                Err(failure) => {
                    let function = &pool.blueprint.function.name;
                    tracing::error!(%function, error = failure.text(), "Cannot start a function");
                    caller.fail(failure);
                }
            }
            drop(permit);
        });
    }

    /// Its environments now.
    pub(crate) fn environments(&self) -> Environments<'_> {
        let idle = lock(&self.idle).len();
        let busy = (self.concurrency as usize).saturating_sub(self.permits.available_permits());
        Environments { function: &self.blueprint.function.name, busy, idle }
    }

    async fn environment(&self) -> Result<Environment, Failure> {
        loop {
            let Some(mut idle) = lock(&self.idle).pop() else { break };
            if idle.is_alive() {
                return Ok(idle);
            }
            tracing::warn!(function = %self.blueprint.function.name, "A function died while it was idle");
        }
        Environment::start(Arc::clone(&self.blueprint)).await
    }

    /// Takes no more invocations, lets the running ones finish until `grace` is over, and ends every process.
    pub(crate) async fn stop(&self, grace: Duration) {
        let finished = tokio::time::timeout(grace, self.permits.acquire_many(self.concurrency)).await;
        if finished.is_err() {
            tracing::warn!(function = %self.blueprint.function.name, "An invocation does not finish and is cut off");
        }
        self.permits.close();
        let mut running = std::mem::take(&mut *lock(&self.running));
        running.shutdown().await;
        let idle = std::mem::take(&mut *lock(&self.idle));
        let mut stopping: JoinSet<()> = idle.into_iter().map(Environment::stop).collect();
        while stopping.join_next().await.is_some() {}
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
