use std::borrow::Cow;

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;

/// An answer that says what went wrong, as RFC 9457 (`application/problem+json`) has it. It never carries the text of an internal
/// error: that is on the log line with the same id.
#[derive(Debug, Clone)]
pub struct Problem(Box<Members>);

/// In a box: every handler hands problems on, and few of them come to be.
#[derive(Debug, Clone, Serialize)]
struct Members {
    r#type: String,
    title: &'static str,
    #[serde(serialize_with = "as_number")]
    status: StatusCode,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<Cow<'static, str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
    #[serde(skip)]
    retry_after_seconds: Option<u32>,
}

/// One of several things that are wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The field of the request.
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    /// A problem of a kind: `slug` becomes `urn:onceward:problem:<slug>`, `title` is the same for all of the kind, `detail` is a
    /// sentence about this one.
    #[must_use]
    pub fn new(status: StatusCode, slug: &str, title: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Members {
            r#type: format!("urn:onceward:problem:{slug}"),
            title,
            status,
            detail: detail.into(),
            instance: None,
            field: None,
            errors: Vec::new(),
            retry_after_seconds: None,
        }))
    }

    /// Nothing is at this path.
    #[must_use]
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail)
    }

    /// Something that the answer needs is away; the same request may be sent again after so many seconds. The id is on the log
    /// line that names the cause.
    #[must_use]
    pub fn unavailable(detail: impl Into<String>, id: impl std::fmt::Display, retry_after_seconds: u32) -> Self {
        let mut problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Temporarily unavailable", detail);
        problem.0.instance = Some(format!("urn:uuid:{id}"));
        problem.0.retry_after_seconds = Some(retry_after_seconds);
        problem
    }

    /// The service made a mistake, and the same request is likely to meet it again. The id is on the log line that names the cause.
    #[must_use]
    pub fn internal(id: impl std::fmt::Display) -> Self {
        let detail = "The service made a mistake, which is logged under this instance.";
        let mut problem = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal-error", "Internal error", detail);
        problem.0.instance = Some(format!("urn:uuid:{id}"));
        problem
    }

    /// Names the field of the request that the problem is about.
    #[must_use]
    pub fn about(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.0.field = Some(field.into());
        self
    }

    /// Lists all that is wrong with the request.
    #[must_use]
    pub fn listing(mut self, errors: Vec<Fault>) -> Self {
        self.0.errors = errors;
        self
    }

    /// The answer.
    #[must_use]
    pub fn into_response<B: From<String>>(self) -> Response<B> {
        let body = serde_json::to_string(&self.0).expect("a problem has text keys alone");
        let mut response = Response::new(B::from(body));
        *response.status_mut() = self.0.status;
        let headers = response.headers_mut();
        let mut set = |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
        set(CONTENT_TYPE, "application/problem+json");
        set(CACHE_CONTROL, "no-store");
        if let Some(seconds) = self.0.retry_after_seconds {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_its_type_and_says_when_to_come_back() {
        let response: Response<String> = Problem::unavailable("Clicks cannot be taken now.", "abc", 2).into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()["retry-after"], "2");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(
            response.body(),
            r#"{"type":"urn:onceward:problem:unavailable","title":"Temporarily unavailable","status":503,"detail":"Clicks cannot be taken now.","instance":"urn:uuid:abc"}"#
        );
    }
}
