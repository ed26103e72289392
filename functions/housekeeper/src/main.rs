//! `housekeeper`: invoked every ten minutes, with any payload.

use std::sync::Arc;
use std::time::SystemTime;

use housekeeper::Housekeeper;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use settings::Environment;

#[expect(clippy::disallowed_methods, reason = "the clock is read here, and passed on")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::of_process();
    lambda::init_logs(&environment)?;
    let housekeeper = Arc::new(Housekeeper::start(&environment)?);
    let pool = housekeeper.pool();
    lambda::on_shutdown(move || async move { pool.close().await }).await;
    lambda_runtime::run(service_fn(move |invocation: LambdaEvent<Value>| {
        let housekeeper = Arc::clone(&housekeeper);
        async move {
            let now = SystemTime::now();
            housekeeper.handle(lambda::remaining(&invocation.context, now), now.into()).await
        }
    }))
    .await
}
