//! An HTTP request as the event of API Gateway's HTTP API, payload format 2.0.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Version, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::config::ACCOUNT;
use crate::routes::Matched;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    version: &'static str,
    route_key: &'a str,
    raw_path: &'a str,
    raw_query_string: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
    headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    query_string_parameters: BTreeMap<String, String>,
    request_context: Context<'a>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    path_parameters: BTreeMap<&'a str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    account_id: &'static str,
    api_id: &'static str,
    domain_name: &'a str,
    domain_prefix: &'a str,
    http: Http<'a>,
    request_id: &'a str,
    route_key: &'a str,
    stage: &'static str,
    time: String,
    time_epoch: i128,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Http<'a> {
    method: &'a str,
    path: &'a str,
    protocol: &'static str,
    source_ip: String,
    user_agent: String,
}

/// Where and when a request came in.
pub(crate) struct Arrival<'a> {
    pub(crate) peer: SocketAddr,
    pub(crate) port: u16,
    pub(crate) request_id: &'a str,
    pub(crate) now: OffsetDateTime,
}

/// The event as JSON, or nothing when the request has no `Host` that a URL could have: API Gateway is reached by its
/// name alone.
pub(crate) fn build(parts: &Parts, body: &Bytes, matched: &Matched<'_>, arrival: &Arrival<'_>) -> Option<Vec<u8>> {
    let host = parts.headers.get(header::HOST)?.to_str().ok()?;
    let domain = domain(host)?;
    let path = decode(parts.uri.path());
    let query = parts.uri.query().unwrap_or_default();
    let source_ip = arrival.peer.ip().to_canonical().to_string();
    let (body, is_base64_encoded) = encode_body(&parts.headers, body);
    let event = Event {
        version: "2.0",
        route_key: matched.key,
        raw_path: &path,
        raw_query_string: query,
        cookies: cookies(&parts.headers),
        headers: headers(&parts.headers, &source_ip, arrival.port),
        query_string_parameters: query_parameters(query),
        path_parameters: matched.parameters.iter().map(|(name, value)| (name.as_str(), decode(value))).collect(),
        request_context: Context {
            account_id: ACCOUNT,
            api_id: "local",
            domain_name: &domain,
            domain_prefix: domain.split('.').next().unwrap_or_default(),
            http: Http {
                method: parts.method.as_str(),
                path: &path,
                protocol: protocol(parts.version),
                source_ip,
                user_agent: parts.headers.get(header::USER_AGENT).map(text).unwrap_or_default(),
            },
            request_id: arrival.request_id,
            route_key: matched.key,
            stage: "$default",
            time: log_time(arrival.now),
            time_epoch: arrival.now.unix_timestamp_nanos() / 1_000_000,
        },
        body,
        is_base64_encoded,
    };
    serde_json::to_vec(&event).ok()
}

fn domain(host: &str) -> Option<String> {
    let url = url::Url::parse(&format!("http://{host}/")).ok()?;
    let plain = url.username().is_empty() && url.password().is_none() && url.path() == "/" && url.query().is_none();
    plain.then(|| url.host_str().map(ToOwned::to_owned)).flatten()
}

/// Header bytes as text: UTF-8 where they are, else each byte as the character of its number (ISO 8859-1).
fn text(value: &HeaderValue) -> String {
    let bytes = value.as_bytes();
    std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().copied().map(char::from).collect(), ToOwned::to_owned)
}

/// Names are in lower case, several values of one name are joined with commas, cookies have a field of their own, and
/// what tells of the client is API Gateway's, whatever the client says.
fn headers(headers: &HeaderMap, source_ip: &str, port: u16) -> BTreeMap<String, String> {
    let mut folded = BTreeMap::new();
    for name in headers.keys().filter(|name| **name != header::COOKIE) {
        let values: Vec<String> = headers.get_all(name).iter().map(text).collect();
        folded.insert(name.as_str().to_owned(), values.join(","));
    }
    let forwarded = folded.remove("x-forwarded-for").map(|sent| format!("{sent}, {source_ip}"));
    folded.insert("x-forwarded-for".to_owned(), forwarded.unwrap_or_else(|| source_ip.to_owned()));
    folded.insert("x-forwarded-port".to_owned(), port.to_string());
    folded.insert("x-forwarded-proto".to_owned(), "http".to_owned());
    folded
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let sent = headers.get_all(header::COOKIE).iter().map(text);
    sent.flat_map(|line| line.split(';').map(|cookie| cookie.trim().to_owned()).collect::<Vec<_>>())
        .filter(|cookie| !cookie.is_empty())
        .collect()
}

fn query_parameters(query: &str) -> BTreeMap<String, String> {
    let mut parameters = BTreeMap::<String, String>::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        parameters
            .entry(name.into_owned())
            .and_modify(|sent| {
                sent.push(',');
                sent.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    parameters
}

/// Undoes percent-encoding; HTTP APIs give paths decoded.
fn decode(encoded: &str) -> String {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = hex(after).filter(|_| first == b'%');
        bytes.push(escaped.unwrap_or(first));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digit = |index: usize| char::from(*digits.get(index)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

/// Text goes as it is; everything else, and text that is not UTF-8, as base64.
fn encode_body(headers: &HeaderMap, body: &Bytes) -> (Option<String>, bool) {
    if body.is_empty() {
        return (None, false);
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_text = kind.starts_with("text/")
        || kind.ends_with("+json")
        || matches!(kind.as_str(), "application/json" | "application/xml" | "application/javascript");
    match std::str::from_utf8(body) {
        Ok(text) if is_text && !headers.contains_key(header::CONTENT_ENCODING) => (Some(text.to_owned()), false),
        _ => (Some(BASE64.encode(body)), true),
    }
}

fn protocol(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2.0",
        _ => "HTTP/1.1",
    }
}

fn log_time(now: OffsetDateTime) -> String {
    let format = format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
    now.to_offset(time::UtcOffset::UTC).format(format).unwrap_or_default()
}
