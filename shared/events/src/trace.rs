use std::fmt;

/// The trace that an event belongs to: the part of a W3C trace context (version 00) that all of one trace share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(u128);

impl TraceId {
    /// Of a `traceparent`, `00-<trace>-<parent>-<flags>`, where the text is one: neither id is all zeros.
    #[must_use]
    pub fn of(traceparent: &str) -> Option<Self> {
        let parts = traceparent.strip_prefix("00-").filter(|rest| rest.len() == 52 && rest.is_ascii())?;
        let (trace, parent, flags) = (&parts[..32], &parts[33..49], &parts[50..]);
        let has_dashes = parts.as_bytes()[32] == b'-' && parts.as_bytes()[49] == b'-';
        let trace = hexadecimal(trace).filter(|id| *id != 0)?;
        let is_whole = has_dashes && hexadecimal(parent).is_some_and(|id| id != 0) && hexadecimal(flags).is_some();
        is_whole.then_some(Self(trace))
    }
}

/// Of lower-case digits alone, as the format asks.
fn hexadecimal(digits: &str) -> Option<u128> {
    let are_digits = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    are_digits.then(|| u128::from_str_radix(digits, 16).ok())?
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trace_is_its_part_of_the_context_with_its_zeros() {
        let id = TraceId::of("00-00f7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").unwrap();
        assert_eq!(id.to_string(), "00f7651916cd43dd8448eb211c80319c");
    }

    #[test]
    fn what_is_no_trace_context_has_no_trace() {
        let zeros = "0".repeat(32);
        for context in [
            "",
            "00-",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331_01",
            "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-é0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-0",
            &format!("00-{zeros}-b7ad6b7169203331-01"),
        ] {
            assert_eq!(TraceId::of(context), None, "{context}");
        }
    }
}
