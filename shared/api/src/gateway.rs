mod answer;
mod ask;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use axum::Router;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use tower::ServiceExt as _;

/// Answers the requests that API Gateway's HTTP API (payload format 2.0) invokes this function with, one after the other, until
/// the environment ends.
pub async fn serve(router: Router) -> Result<(), Error> {
    lambda_runtime::run(service_fn(move |invocation: LambdaEvent<ApiGatewayV2httpRequest>| {
        answer(router.clone(), invocation.payload)
    }))
    .await
}

/// The router's answer to one request. A handler that panics is not caught here: it fails the invocation, which the function's
/// `Errors` metric counts, and the runtime goes on with the next one.
pub async fn answer(router: Router, event: ApiGatewayV2httpRequest) -> Result<ApiGatewayV2httpResponse, Error> {
    let response = match ask::request(event) {
        Ok(request) => router.oneshot(request).await.unwrap_or_else(|never| match never {}),
        Err(problem) => problem.into_response(),
    };
    Ok(answer::of(response).await?)
}
