//! An event as a request.

use std::fmt::Write as _;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::header::COOKIE;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Uri};
use lambda::Problem;

use crate::invalid;

/// The route key of who does not decode paths: `cargo lambda watch`, and the URLs of functions. Each route of the template has a
/// key of its own.
const NO_ROUTE: &str = "$default";

/// Made of method, path and query alone: `Host` and `X-Forwarded-Proto` are the client's to choose, and no URL is made of them.
pub(super) fn request(event: ApiGatewayV2httpRequest) -> Result<Request<Body>, Problem> {
    let uri = uri(&event)?;
    let body = match event.body {
        Some(text) if event.is_base64_encoded => {
            Body::from(BASE64.decode(text).map_err(|_| invalid("body", "The body is not what its encoding says."))?)
        }
        Some(text) => Body::from(text),
        None => Body::empty(),
    };
    let mut request = Request::new(body);
    *request.method_mut() = event.request_context.http.method;
    *request.uri_mut() = uri;
    *request.headers_mut() = event.headers;
    if let Some(cookies) = event.cookies.filter(|cookies| !cookies.is_empty()) {
        let line = HeaderValue::from_str(&cookies.join("; "));
        let line = line.map_err(|_| invalid("cookie", "A cookie has a character that no header may have."))?;
        request.headers_mut().insert(COOKIE, line);
    }
    Ok(request)
}

fn uri(event: &ApiGatewayV2httpRequest) -> Result<Uri, Problem> {
    let path = event.raw_path.as_deref().unwrap_or_default();
    let is_encoded = event.route_key.as_deref() == Some(NO_ROUTE);
    let mut uri = String::from(if path.starts_with('/') { "" } else { "/" });
    encode(path, &mut uri, is_encoded, b"/");
    if let Some(query) = event.raw_query_string.as_deref().filter(|query| !query.is_empty()) {
        uri.push('?');
        encode(query, &mut uri, true, b"/?");
    }
    let uri = PathAndQuery::try_from(uri).map_err(|_| invalid("path", "Path and query are too long."))?;
    Ok(Uri::from(uri))
}

/// Percent-encodes what may not stand in this part of a URI (RFC 3986), besides `delimiters`. An escape stays one where the text
/// `is_encoded`; every other `%` is a character like others.
fn encode(text: &str, uri: &mut String, is_encoded: bool, delimiters: &[u8]) {
    let bytes = text.as_bytes();
    for (index, &byte) in bytes.iter().enumerate() {
        let begins_escape = byte == b'%'
            && is_encoded
            && bytes.get(index + 1..index + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte);
        if is_plain || begins_escape || delimiters.contains(&byte) {
            uri.push(char::from(byte));
        } else {
            write!(uri, "%{byte:02X}").expect("a string takes all text");
        }
    }
}
