use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Bytes of a hash that tell one answer from another.
const TAG: usize = 16;

/// The answer, whose `ETag` follows from what it says; or 304 and nothing, where `If-None-Match` has it.
#[must_use]
pub fn tagged(request: &HeaderMap, answer: &impl Serialize) -> Response {
    let body = serde_json::to_vec(answer).expect("an answer has text keys, and times of the years 0 to 9999");
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&Sha256::digest(&body)[..TAG]));
    let mut response = if has(request, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(CONTENT_TYPE, "application/json")], body).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(ETAG, HeaderValue::from_str(&tag).expect("letters, digits, - and _ in quotes"));
    // To be kept by who asked alone, and asked about each time.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

/// Whether the client has the answer already. What it sent may be weak: the comparison is (RFC 9110, 13.1.2).
fn has(request: &HeaderMap, tag: &str) -> bool {
    let lists = request.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = lists.flat_map(|list| list.split(',')).map(str::trim);
    tags.any(|sent| sent == "*" || sent.strip_prefix("W/").unwrap_or(sent) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(sent: &[&str]) -> Response {
        let sent = sent.iter().map(|value| (IF_NONE_MATCH, HeaderValue::from_str(value).unwrap()));
        tagged(
            &sent.fold(HeaderMap::new(), |mut headers, (name, value)| {
                headers.append(name, value);
                headers
            }),
            &["answer"],
        )
    }

    #[test]
    fn an_answer_that_the_client_has_is_not_sent_again() {
        let first = ask(&[]);
        assert_eq!(
            (first.status(), &first.headers()[CONTENT_TYPE]),
            (StatusCode::OK, &"application/json".parse().unwrap())
        );
        let tag = first.headers()[ETAG].to_str().unwrap();
        let (weak, listed) = (format!("W/{tag}"), format!("\"other\" , {tag}"));
        for sent in [&[tag][..], &[weak.as_str()], &[listed.as_str()], &["\"other\"", tag], &["*"]] {
            let again = ask(sent);
            assert_eq!(
                (again.status(), &again.headers()[ETAG]),
                (StatusCode::NOT_MODIFIED, &first.headers()[ETAG]),
                "{sent:?}"
            );
            assert!(!again.headers().contains_key(CONTENT_TYPE));
        }
        for sent in ["\"other\"", "", ",", tag.trim_matches('"'), "W/*"] {
            assert_eq!(ask(&[sent]).status(), StatusCode::OK, "{sent:?}");
        }
    }
}
