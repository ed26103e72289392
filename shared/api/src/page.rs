use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lambda::Problem;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::invalid;

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// For `cursor` of the request for the next page; null on the last.
    #[schema(required)]
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page of at most `limit` items of which one more was looked for, so that it is known whether there is a next page.
    pub fn of<C: Serialize>(mut items: Vec<T>, limit: i64, cursor: impl FnOnce(&T) -> C) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let is_last = items.len() <= limit;
        items.truncate(limit);
        let next = items.last().filter(|_| !is_last).map(|last| Cursor(cursor(last)).encode());
        Self { items, next }
    }

    /// The same page, with its items as they are shown.
    pub fn map<U>(self, show: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(show).collect(), next: self.next }
    }
}

/// Where a page ends: what tells the last item from those behind it. Clients hand it back as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor<C>(pub C);

impl<C: Serialize> Cursor<C> {
    fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&self.0).expect("a cursor has text keys alone"))
    }
}

impl<C: DeserializeOwned> Cursor<C> {
    /// Reads the `cursor` of a request.
    pub fn read(text: Option<&str>) -> Result<Option<C>, Problem> {
        let decoded = |text: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok();
        text.map(|text| decoded(text).ok_or_else(|| invalid("cursor", "The cursor is none that a page gave.")))
            .transpose()
    }
}
