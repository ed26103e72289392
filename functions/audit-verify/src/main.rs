//! `audit-verify`: invoked every minute, with any payload.

use std::sync::Arc;
use std::time::SystemTime;

use audit_verify::AuditVerify;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use settings::Environment;

#[expect(clippy::disallowed_methods, reason = "the clock is read here, and passed on")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::of_process();
    lambda::init_logs(&environment)?;
    let verify = Arc::new(AuditVerify::start(&environment)?);
    let pool = verify.pool();
    lambda::on_shutdown(move || async move { pool.close().await }).await;
    lambda_runtime::run(service_fn(move |invocation: LambdaEvent<Value>| {
        let verify = Arc::clone(&verify);
        async move {
            let now = SystemTime::now();
            verify.handle(lambda::remaining(&invocation.context, now), now.into()).await
        }
    }))
    .await
}
