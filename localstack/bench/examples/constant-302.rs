//! The limit of `redirect`: a function that reads nothing of its request and answers the same 302 each time.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(|_: LambdaEvent<IgnoredAny>| async { Ok::<Value, Error>(answer()) })).await
}

fn answer() -> Value {
    json!({
        "statusCode": 302,
        "headers": { "location": "https://example.com/", "cache-control": "private, no-store" },
        "body": "",
        "isBase64Encoded": false,
    })
}
