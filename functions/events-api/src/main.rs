//! `events-api`: takes events over HTTP, and publishes them.

use events_api::EventsApi;
use settings::Environment;
use time::OffsetDateTime;

#[expect(clippy::disallowed_methods, reason = "the clock is read here, and passed on")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let environment = Environment::of_process();
    lambda::init_logs(&environment)?;
    let api = EventsApi::start(&environment, OffsetDateTime::now_utc)?;
    let pool = api.pool();
    lambda::on_shutdown(move || async move { pool.close().await }).await;
    let (router, ()) = events_api::router(api);
    api::serve("events-api", OffsetDateTime::now_utc, router).await
}
