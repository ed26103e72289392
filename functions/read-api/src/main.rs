//! `read-api`: shows what events have come to, and carries out what administrators ask.

use lambda_runtime::Error;
use read_api::ReadApi;
use settings::Environment;
use time::OffsetDateTime;

#[expect(clippy::disallowed_methods, reason = "the clock is read here, and passed on")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::of_process();
    lambda::init_logs(&environment)?;
    let api = ReadApi::start(&environment, OffsetDateTime::now_utc)?;
    let pool = api.pool();
    lambda::on_shutdown(move || async move { pool.close().await }).await;
    let (router, ()) = read_api::router(api);
    api::serve("read-api", OffsetDateTime::now_utc, router).await
}
