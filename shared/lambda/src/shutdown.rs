use std::future::Future;

/// Runs `close` when the environment is shut down (SIGTERM), which Lambda gives a few hundred milliseconds for. It spares the
/// database a connection that only a timeout would end; nothing that must happen may depend on it. Called before the function
/// takes its first invocation.
pub async fn on_shutdown<F: Future<Output = ()> + Send + 'static>(close: impl FnOnce() -> F + Send + 'static) {
    lambda_runtime::spawn_graceful_shutdown_handler(move || async move {
        close().await;
        tracing::info!("Environment shut down");
    })
    .await;
}
