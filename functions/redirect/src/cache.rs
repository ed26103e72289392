use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lru::LruCache;
use store::links::Link;

/// Links by code, and codes that no link has, each for a limited time. What is over that time is still there for when the
/// database is away.
pub(crate) struct LinkCache {
    entries: Mutex<LruCache<String, Entry>>,
    time_limit: Duration,
}

#[derive(Clone)]
struct Entry {
    link: Option<Arc<Link>>,
    read_at: Instant,
}

/// What the cache knows of a code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// Its link, or that it has none, as read within the time limit.
    Fresh(Option<Arc<Link>>),
    /// Its link, as read longer ago.
    Stale(Arc<Link>),
    /// Nothing that can be relied on.
    Nothing,
}

impl LinkCache {
    pub(crate) fn new(entries: NonZeroUsize, time_limit: Duration) -> Self {
        Self { entries: Mutex::new(LruCache::new(entries)), time_limit }
    }

    pub(crate) fn get(&self, code: &str, now: Instant) -> Known {
        let entry = self.entries.lock().expect("no holder panics").get(code).cloned();
        match entry {
            Some(entry) if now.saturating_duration_since(entry.read_at) < self.time_limit => Known::Fresh(entry.link),
            Some(Entry { link: Some(link), .. }) => Known::Stale(link),
            // A code that had no link may have one by now.
            Some(Entry { link: None, .. }) | None => Known::Nothing,
        }
    }

    pub(crate) fn put(&self, code: &str, link: Option<Arc<Link>>, now: Instant) {
        self.entries.lock().expect("no holder panics").put(code.to_owned(), Entry { link, read_at: now });
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    const LIMIT: Duration = Duration::from_mins(1);

    fn cache() -> LinkCache {
        LinkCache::new(NonZeroUsize::new(2).unwrap(), LIMIT)
    }

    fn link() -> Arc<Link> {
        Arc::new(Link {
            link_id: Uuid::nil(),
            code: "a".into(),
            target: "https://a".into(),
            created_at: datetime!(2026-01-01 00:00 UTC),
        })
    }

    #[test]
    fn a_link_is_fresh_within_the_time_limit_and_stale_after_it() {
        let (cache, now) = (cache(), Instant::now());
        cache.put("a", Some(link()), now);
        assert_eq!(cache.get("a", now + LIMIT.saturating_sub(Duration::from_nanos(1))), Known::Fresh(Some(link())));
        assert_eq!(cache.get("a", now + LIMIT), Known::Stale(link()));
    }

    #[test]
    fn an_unknown_code_is_remembered_for_the_time_limit_and_not_longer() {
        let (cache, now) = (cache(), Instant::now());
        cache.put("a", None, now);
        assert_eq!(cache.get("a", now), Known::Fresh(None));
        assert_eq!(cache.get("a", now + LIMIT), Known::Nothing);
    }

    #[test]
    fn a_flood_of_codes_takes_no_more_room_than_is_given() {
        let (cache, now) = (cache(), Instant::now());
        for code in ["a", "b", "c"] {
            cache.put(code, None, now);
        }
        assert_eq!(cache.get("a", now), Known::Nothing);
        assert_eq!(cache.entries.lock().unwrap().len(), 2);
    }
}
