use time::OffsetDateTime;

use crate::{Text, TraceId};

/// What is known of a request that brought an event or led to one, for what nothing else says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// When it came.
    pub now: OffsetDateTime,
    /// What all events of one piece of work share.
    pub correlation_id: Option<Text<128>>,
    /// The W3C trace context that it came in.
    pub traceparent: Option<Text<64>>,
}

impl Arrival {
    /// When it came, with which correlation id, and in which W3C trace context. The latter two are left out where they can be none.
    #[must_use]
    pub fn new(now: OffsetDateTime, correlation_id: Option<&str>, traceparent: Option<&str>) -> Self {
        let is_plain = |text: &&str| text.bytes().all(|byte| byte.is_ascii_graphic());
        Self {
            now,
            correlation_id: correlation_id.filter(is_plain).and_then(|id| Text::new(id).ok()),
            traceparent: traceparent.filter(|text| TraceId::of(text).is_some()).and_then(|text| Text::new(text).ok()),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn what_can_be_no_correlation_id_or_trace_context_is_left_out() {
        let now = datetime!(2026-11-21 09:30 UTC);
        let context = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let arrival = Arrival::new(now, Some("r-1"), Some(context));
        assert_eq!(arrival.correlation_id.unwrap().as_str(), "r-1");
        assert_eq!(arrival.traceparent.unwrap().as_str(), context);
        for id in ["", "a b", "a\n", "é", &"x".repeat(129)] {
            assert_eq!(Arrival::new(now, Some(id), None).correlation_id, None, "{id:?}");
        }
        let zeros = "0".repeat(32);
        for context in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            &format!("00-{zeros}-b7ad6b7169203331-01"),
        ] {
            assert_eq!(Arrival::new(now, None, Some(context)).traceparent, None, "{context}");
        }
    }
}
