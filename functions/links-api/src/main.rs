//! `links-api`: makes short links, and shows them with their statistics.

use links_api::LinksApi;
use settings::Environment;
use time::OffsetDateTime;

#[expect(clippy::disallowed_methods, reason = "the clock is read here, and passed on")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let environment = Environment::of_process();
    lambda::init_logs(&environment)?;
    let api = LinksApi::start(&environment, OffsetDateTime::now_utc)?;
    let pool = api.pool();
    lambda::on_shutdown(move || async move { pool.close().await }).await;
    let (router, ()) = links_api::router(api);
    api::serve("links-api", OffsetDateTime::now_utc, router).await
}
