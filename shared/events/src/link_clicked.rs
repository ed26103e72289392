use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Country, Text, moment};

/// `link.clicked` 1.0: somebody followed a short link. The event id is the click's own and must be a `UUIDv7`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LinkClicked {
    /// The link that was followed.
    pub link_id: Uuid,
    /// The code it was followed by.
    pub short_code: ShortCode,
    /// When it was followed.
    #[serde(serialize_with = "time::serde::rfc3339::serialize", deserialize_with = "moment::deserialize")]
    pub timestamp: OffsetDateTime,
    /// `User-Agent`, as the client sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<Text<1024>>,
    /// The address of the client, in full: consumers decide what of it is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<crate::schema::Address>))]
    pub ip_address: Option<IpAddr>,
    /// `Referer`, as the client sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer: Option<Text<2048>>,
    /// `Accept-Language`, as the client sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept_language: Option<Text<256>>,
    /// The campaign that the request named.
    #[serde(default, skip_serializing_if = "Utm::is_empty")]
    pub utm: Utm,
    /// The country that a trusted edge saw the client in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edge_country: Option<Country>,
}

/// The `utm_*` query parameters of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Utm {
    /// `utm_source`: who sends the traffic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Text<256>>,
    /// `utm_medium`: by what means, such as `email` or `cpc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub medium: Option<Text<256>>,
    /// `utm_campaign`: the campaign's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<Text<256>>,
    /// `utm_term`: the paid keyword.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term: Option<Text<256>>,
    /// `utm_content`: which of several links to the same target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Text<256>>,
}

impl Utm {
    /// Whether no parameter was given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The code of a short link: 1 to 64 of `A-Z a-z 0-9 - _`. Upper and lower case differ.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ShortCode(String);

/// A text that is no short code.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("is not 1 to 64 of the characters A-Z, a-z, 0-9, - and _")]
pub struct InvalidShortCode;

impl ShortCode {
    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ShortCode {
    type Err = InvalidShortCode;

    fn from_str(text: &str) -> Result<Self, InvalidShortCode> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(allowed);
        fits.then(|| Self(text.to_owned())).ok_or(InvalidShortCode)
    }
}

impl fmt::Display for ShortCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ShortCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
