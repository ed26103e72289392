//! `discussion-consumer`: keeps what threads of discussions come to.

use std::sync::Arc;
use std::time::SystemTime;

use consumer::Payload;
use discussion_consumer::DiscussionConsumer;
use lambda_runtime::{LambdaEvent, service_fn};
use settings::Environment;

#[expect(clippy::disallowed_methods, reason = "the clock is read here, and passed on")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let environment = Environment::of_process();
    lambda::init_logs(&environment)?;
    let consumer = Arc::new(DiscussionConsumer::start(&environment)?);
    let pool = consumer.pool();
    lambda::on_shutdown(move || async move { pool.close().await }).await;
    lambda_runtime::run(service_fn(move |invocation: LambdaEvent<Payload>| {
        let consumer = Arc::clone(&consumer);
        async move {
            let now = SystemTime::now();
            consumer.handle(invocation.payload, lambda::remaining(&invocation.context, now), now.into()).await
        }
    }))
    .await
}
