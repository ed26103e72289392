//! `discussions-api`: keeps threads, comments and votes of courses.

use discussions_api::DiscussionsApi;
use lambda_runtime::Error;
use settings::Environment;
use time::OffsetDateTime;

#[expect(clippy::disallowed_methods, reason = "the clock is read here, and passed on")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::of_process();
    lambda::init_logs(&environment)?;
    let api = DiscussionsApi::start(&environment, OffsetDateTime::now_utc)?;
    let pool = api.pool();
    lambda::on_shutdown(move || async move { pool.close().await }).await;
    let (router, ()) = discussions_api::router(api);
    api::serve("discussions-api", OffsetDateTime::now_utc, router).await
}
