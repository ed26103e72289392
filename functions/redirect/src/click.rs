use events::{Data, Event, LinkClicked, ShortCode, Text, TraceId, Utm};
use http::HeaderMap;
use http::header::{ACCEPT_LANGUAGE, HeaderName, REFERER, USER_AGENT};
use store::links::Link;
use time::OffsetDateTime;
use url::form_urlencoded;
use uuid::Uuid;

use crate::HttpRequest;
use crate::client::Edge;

/// Who makes the clicks, in the `source` attribute.
const SOURCE: &str = "/onceward/redirect";

/// The click that a request is: whatever its headers hold, cut to what an event may carry.
pub(crate) fn event(
    id: Uuid,
    link: &Link,
    code: ShortCode,
    request: &HttpRequest,
    edge: Edge,
    now: OffsetDateTime,
) -> Event {
    let headers = &request.headers;
    Event {
        id: id.into(),
        source: Text::new(SOURCE).expect("a short text"),
        time: now,
        subject: Text::new(code.as_str()).ok(),
        sequence: None,
        correlation_id: request.request_context.request_id.as_deref().and_then(|id| Text::cut(id.as_bytes())),
        causation_id: None,
        traceparent: header(headers, &HeaderName::from_static("traceparent"))
            .filter(|traceparent| TraceId::of(traceparent.as_str()).is_some()),
        data: Data::LinkClicked(LinkClicked {
            link_id: link.link_id,
            short_code: code,
            timestamp: now,
            user_agent: header(headers, &USER_AGENT),
            ip_address: edge.address(request),
            referrer: header(headers, &REFERER),
            accept_language: header(headers, &ACCEPT_LANGUAGE),
            utm: utm(request.raw_query_string.as_deref().unwrap_or_default()),
            edge_country: edge.country(headers),
        }),
    }
}

fn header<const MAX: usize>(headers: &HeaderMap, name: &HeaderName) -> Option<Text<MAX>> {
    headers.get(name).and_then(|value| Text::cut(value.as_bytes()))
}

/// The campaign parameters of a query; of several with one name the last counts.
fn utm(query: &str) -> Utm {
    let mut utm = Utm::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let field = match name.as_ref() {
            "utm_source" => &mut utm.source,
            "utm_medium" => &mut utm.medium,
            "utm_campaign" => &mut utm.campaign,
            "utm_term" => &mut utm.term,
            "utm_content" => &mut utm.content,
            _ => continue,
        };
        *field = Text::cut(value.as_bytes());
    }
    utm
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn campaign_parameters_are_decoded_and_others_left_alone() {
        let utm = utm("a=b&utm_source=news%20letter&utm_medium=email&utm_campaign=&utm_term=%FF%00x");
        assert_eq!(utm.source.unwrap().as_str(), "news letter");
        assert_eq!(utm.medium.unwrap().as_str(), "email");
        assert_eq!(utm.campaign, None);
        assert_eq!(utm.term.unwrap().as_str(), "\u{fffd}x");
    }
}
