//! `analytics-api`: shows what discussions have come to.

use analytics_api::AnalyticsApi;
use lambda_runtime::Error;
use settings::Environment;
use time::OffsetDateTime;

#[expect(clippy::disallowed_methods, reason = "the clock is read here, and passed on")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::of_process();
    lambda::init_logs(&environment)?;
    let api = AnalyticsApi::start(&environment, OffsetDateTime::now_utc)?;
    let [aggregates, keys] = api.pools();
    lambda::on_shutdown(move || async move {
        aggregates.close().await;
        keys.close().await;
    })
    .await;
    let (router, ()) = analytics_api::router(api);
    api::serve("analytics-api", OffsetDateTime::now_utc, router).await
}
