mod answer;
mod ask;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use axum::Router;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use time::OffsetDateTime;
use tower::ServiceExt as _;

/// Answers the requests that API Gateway's HTTP API (payload format 2.0) invokes this function with, one after the other, until
/// the environment ends. Of each that is answered there is a line of figures.
pub async fn serve(function: &'static str, clock: fn() -> OffsetDateTime, router: Router) -> Result<(), Error> {
    lambda_runtime::run(service_fn(move |invocation: LambdaEvent<ApiGatewayV2httpRequest>| {
        let (request, router) = (lambda::Request::begin(function, clock()), router.clone());
        async move { answer(request, router, invocation.payload).await }
    }))
    .await
}

/// The router's answer to one request. A handler that panics is not caught here: it fails the invocation, which the function's
/// `Errors` metric counts, and the runtime goes on with the next one.
pub async fn answer(
    asked: lambda::Request,
    router: Router,
    event: ApiGatewayV2httpRequest,
) -> Result<ApiGatewayV2httpResponse, Error> {
    let response = match ask::request(event) {
        Ok(request) => router.oneshot(request).await.unwrap_or_else(|never| match never {}),
        Err(problem) => problem.into_response(),
    };
    let status = response.status();
    let answer = answer::of(response).await?;
    asked.answered(status.as_u16());
    Ok(answer)
}
