//! A Kafka record as Lambda shows it to a function.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD as BASE64;
use rdkafka::Message;
use rdkafka::message::{Headers, Timestamp};
use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};

/// A record that waits for its invocation, as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) json: Vec<u8>,
}

impl Record {
    pub(crate) fn of(message: &impl Message) -> Self {
        let mut json = Vec::with_capacity(256 + message.payload().map_or(0, <[u8]>::len) * 4 / 3);
        // Writing to memory fails only where serialising does, and nothing here refuses to be serialised.
        serde_json::to_writer(&mut json, &Json::of(message)).expect("a record is always valid JSON");
        Self { partition: message.partition(), offset: message.offset(), json }
    }
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase", bound = "")]
struct Json<'a, H: Headers> {
    topic: &'a str,
    partition: i32,
    offset: i64,
    timestamp: i64,
    timestamp_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<Base64<'a>>,
    value: Option<Base64<'a>>,
    headers: SignedHeaders<'a, H>,
}

impl<'a, H: Headers> Json<'a, H> {
    fn of(message: &'a impl Message<Headers = H>) -> Self {
        let (timestamp_type, timestamp) = match message.timestamp() {
            Timestamp::CreateTime(ms) => ("CREATE_TIME", ms),
            Timestamp::LogAppendTime(ms) => ("LOG_APPEND_TIME", ms),
            Timestamp::NotAvailable => ("NO_TIMESTAMP_TYPE", -1),
        };
        Self {
            topic: message.topic(),
            partition: message.partition(),
            offset: message.offset(),
            timestamp,
            timestamp_type,
            key: message.key().map(Base64),
            value: message.payload().map(Base64),
            headers: SignedHeaders(message.headers()),
        }
    }
}

struct Base64<'a>(&'a [u8]);

impl fmt::Display for Base64<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Base64Display::new(self.0, &BASE64).fmt(formatter)
    }
}

impl Serialize for Base64<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Headers as a list of maps with one entry each, which keeps their order and those of the same name.
struct SignedHeaders<'a, H>(Option<&'a H>);

impl<H: Headers> Serialize for SignedHeaders<'_, H> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let count = self.0.map_or(0, Headers::count);
        let mut list = serializer.serialize_seq(Some(count))?;
        for (headers, index) in self.0.iter().flat_map(|headers| (0..count).map(move |index| (headers, index))) {
            list.serialize_element(&header(*headers, index))?;
        }
        list.end()
    }
}

/// The client library panics on a name that is not UTF-8 and gives no other way to read it: such a header is shown
/// under a replacement character, so that the record is still delivered.
fn header<H: Headers>(headers: &H, index: usize) -> Header<'_> {
    let read = catch_unwind(AssertUnwindSafe(|| headers.try_get(index)));
    read.ok().flatten().map_or(Header("\u{fffd}", &[]), |header| Header(header.key, header.value.unwrap_or_default()))
}

struct Header<'a>(&'a str, &'a [u8]);

impl Serialize for Header<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0, &Signed(self.1))?;
        map.end()
    }
}

/// Bytes as Java has them: from -128 to 127.
struct Signed<'a>(&'a [u8]);

impl Serialize for Signed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|byte| byte.cast_signed()))
    }
}
