//! `migrate`: applies what is missing of the migrations, and makes partitions ahead. Invoked at deploy, with any payload, before
//! the functions that need them; answers with the names of those it applied.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};
use settings::Environment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::of_process();
    lambda::init_logs(&environment)?;
    let owner_url = environment.required("OWNER_DATABASE_URL")?;
    lambda_runtime::run(service_fn(async |_: LambdaEvent<Value>| {
        let applied = store::migrate(owner_url).await?;
        Ok::<_, Error>(json!({ "applied": applied }))
    }))
    .await
}
