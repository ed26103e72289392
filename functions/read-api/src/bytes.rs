use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use utoipa::ToSchema;

/// Bytes of anybody: one of the two.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BytesAnswer {
    /// As text, where they are UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// In base64, where they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

impl BytesAnswer {
    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self { text: Some(text), base64: None },
            Err(error) => Self { text: None, base64: Some(STANDARD.encode(error.as_bytes())) },
        }
    }
}

/// A header of a record.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HeaderAnswer {
    /// Its name.
    #[schema(example = "content-type")]
    name: String,
    /// Its value.
    value: BytesAnswer,
}

impl HeaderAnswer {
    /// The headers as they are kept: a list of names and values in base64. None where they are no such list.
    pub(crate) fn all(kept: &[u8]) -> Option<Vec<Self>> {
        let headers: Vec<(String, String)> = serde_json::from_slice(kept).ok()?;
        let header = |(name, value): (String, String)| {
            let bytes = STANDARD.decode(&value).unwrap_or_else(|_| value.into_bytes());
            Self { name, value: BytesAnswer::of(bytes) }
        };
        Some(headers.into_iter().map(header).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_text_where_they_can_be() {
        let json = |bytes: &[u8]| serde_json::to_string(&BytesAnswer::of(bytes.to_vec())).unwrap();
        assert_eq!(json(b"u-1"), r#"{"text":"u-1"}"#);
        assert_eq!(json(b""), r#"{"text":""}"#);
        assert_eq!(json(b"\0"), r#"{"text":"\u0000"}"#);
        assert_eq!(json(b"\xff"), r#"{"base64":"/w=="}"#);
    }

    #[test]
    fn headers_that_are_no_list_are_none() {
        assert_eq!(HeaderAnswer::all(b"no list"), None);
        let all = HeaderAnswer::all(br#"[["a","YQ=="],["","/w=="]]"#).unwrap();
        assert_eq!(
            serde_json::to_string(&all).unwrap(),
            r#"[{"name":"a","value":{"text":"a"}},{"name":"","value":{"base64":"/w=="}}]"#
        );
    }
}
