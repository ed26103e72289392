//! `links-api`: makes short links, and shows them with their statistics.

use links_api::LinksApi;
use settings::Environment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let environment = Environment::of_process();
    lambda::init_logs(&environment)?;
    let api = LinksApi::start(&environment)?;
    let pool = api.pool();
    lambda::on_shutdown(move || async move { pool.close().await }).await;
    lambda_http::run(links_api::router(api)).await
}
