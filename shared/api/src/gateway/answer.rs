//! A response as what API Gateway makes one of.

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use aws_lambda_events::encodings;
use axum::body::{Body, to_bytes};
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue, Response};

/// Text where the body is UTF-8, and base64 otherwise. The format has one value for each header: several are joined with commas,
/// except for cookies, which have a list of their own.
pub(super) async fn of(response: Response<Body>) -> Result<ApiGatewayV2httpResponse, axum::Error> {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await?;
    let mut answer = ApiGatewayV2httpResponse::default();
    answer.status_code = parts.status.as_u16().into();
    answer.cookies = parts.headers.get_all(SET_COOKIE).iter().map(text).collect();
    answer.headers = folded(&parts.headers);
    answer.body = match String::from_utf8(body.into()) {
        Ok(text) if text.is_empty() => None,
        Ok(text) => Some(encodings::Body::Text(text)),
        Err(error) => {
            answer.is_base64_encoded = true;
            Some(encodings::Body::Binary(error.into_bytes()))
        }
    };
    Ok(answer)
}

fn folded(headers: &HeaderMap) -> HeaderMap {
    let mut folded = HeaderMap::with_capacity(headers.keys_len());
    for name in headers.keys().filter(|name| **name != SET_COOKIE) {
        let values = headers.get_all(name).iter().map(text).collect::<Vec<_>>().join(",");
        folded.insert(name, HeaderValue::from_str(&values).expect("header values, joined"));
    }
    folded
}

/// UTF-8 where the bytes are, else each byte as the character of its number (ISO 8859-1): an event is JSON, and has text alone.
fn text(value: &HeaderValue) -> String {
    let bytes = value.as_bytes();
    std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().copied().map(char::from).collect(), ToOwned::to_owned)
}
