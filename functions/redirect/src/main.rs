//! `redirect`: follows short links and publishes their clicks.

use std::sync::Arc;

use lambda_runtime::{LambdaEvent, service_fn};
use redirect::{HttpRequest, Redirect};
use settings::Environment;
use time::OffsetDateTime;

#[expect(clippy::disallowed_methods, reason = "the clock is read here, and passed on")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let environment = Environment::of_process();
    lambda::init_logs(&environment)?;
    let redirect = Arc::new(Redirect::start(&environment)?);
    let pool = redirect.pool();
    lambda::on_shutdown(move || async move { pool.close().await }).await;
    lambda_runtime::run(service_fn(move |invocation: LambdaEvent<HttpRequest>| {
        let redirect = Arc::clone(&redirect);
        async move { Ok::<_, lambda_runtime::Error>(redirect.handle(&invocation.payload, OffsetDateTime::now_utc()).await) }
    }))
    .await
}
