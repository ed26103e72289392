//! `outbox-relay`: publishes what requests left in the outbox, and forwards dead letters.

use std::sync::Arc;
use std::time::SystemTime;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use outbox_relay::Relay;
use serde_json::Value;
use settings::Environment;

#[expect(clippy::disallowed_methods, reason = "the clock is read here, and passed on")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::of_process();
    lambda::init_logs(&environment)?;
    let relay = Arc::new(Relay::start(&environment)?);
    let pool = relay.pool();
    lambda::on_shutdown(move || async move { pool.close().await }).await;
    lambda_runtime::run(service_fn(move |invocation: LambdaEvent<Value>| {
        let relay = Arc::clone(&relay);
        async move {
            let now = SystemTime::now();
            relay.handle(lambda::remaining(&invocation.context, now), now.into()).await
        }
    }))
    .await
}
