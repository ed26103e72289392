//! `migrate`: invoked at deploy, with any payload, before the functions that need what it applies.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use settings::Environment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::of_process();
    lambda::init_logs(&environment)?;
    let owner_url = environment.required("OWNER_DATABASE_URL")?;
    lambda_runtime::run(service_fn(async |_: LambdaEvent<Value>| migrate::handle(owner_url).await)).await
}
