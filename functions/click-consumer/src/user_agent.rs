use std::num::NonZeroUsize;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use regex::bytes::Regex;
use serde::Deserialize;
use ua_parser::{os, user_agent};

use crate::bots;

/// Patterns of browsers and operating systems: see `data/README.md`.
const PATTERNS: &str = include_str!("../data/user-agents.json");

/// How many user agents an environment remembers: traffic repeats them, and parsing one costs as much as the rest of a record.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(10_000).expect("not zero");

/// What a `User-Agent` says of its client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Agent {
    /// `desktop`, `mobile`, `tablet` or `other`.
    pub(crate) device: &'static str,
    /// Family of the browser.
    pub(crate) browser: Option<String>,
    /// Family of the operating system.
    pub(crate) os: Option<String>,
    /// Whether it is a program.
    pub(crate) is_bot: bool,
}

struct Parsers {
    browsers: user_agent::Extractor<'static>,
    systems: os::Extractor<'static>,
    bots: Regex,
}

#[derive(Deserialize)]
struct Patterns {
    user_agent_parsers: Vec<user_agent::Parser<'static>>,
    os_parsers: Vec<os::Parser<'static>>,
}

/// A thousand expressions take a tenth of a second to compile, once a process.
static PARSERS: LazyLock<Parsers> = LazyLock::new(Parsers::compile);

/// Describes user agents, and remembers what it said of them.
pub(crate) struct UserAgents {
    remembered: Mutex<LruCache<String, Agent>>,
}

impl UserAgents {
    /// Starts to compile the patterns, without waiting for it: the first `describe` does, where it comes so soon.
    pub(crate) fn start() -> Self {
        std::thread::spawn(|| LazyLock::force(&PARSERS));
        Self { remembered: Mutex::new(LruCache::new(REMEMBERED)) }
    }

    /// Waits until the patterns are compiled. Whoever reads records as their own, panics and all, waits first: a pattern that does not
    /// compile is no fault of a record.
    pub(crate) fn ready() {
        LazyLock::force(&PARSERS);
    }

    /// What the header says. A client that sends none is a program: every browser sends one.
    pub(crate) fn describe(&self, header: Option<&str>) -> Agent {
        let Some(header) = header else {
            return Agent { device: "other", browser: None, os: None, is_bot: true };
        };
        if let Some(agent) = self.remembered().get(header) {
            return agent.clone();
        }
        // Not while it is locked: a panic here is this record's alone.
        let agent = PARSERS.parse(header);
        self.remembered().put(header.to_owned(), agent.clone());
        agent
    }

    fn remembered(&self) -> MutexGuard<'_, LruCache<String, Agent>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Parsers {
    fn compile() -> Self {
        let patterns: Patterns = serde_json::from_str(PATTERNS).expect("user-agents.json has both lists of parsers");
        let browsers =
            user_agent::Builder::new().push_all(patterns.user_agent_parsers).expect("valid patterns of browsers");
        let systems = os::Builder::new().push_all(patterns.os_parsers).expect("valid patterns of systems");
        Self {
            browsers: browsers.build().expect("patterns of browsers that fit together"),
            systems: systems.build().expect("patterns of systems that fit together"),
            bots: bots::compile(),
        }
    }

    fn parse(&self, header: &str) -> Agent {
        let os = self.systems.extract(header).map(|found| found.os.into_owned());
        Agent {
            device: device(header, os.as_deref()),
            browser: self.browsers.extract(header).map(|found| found.family.into_owned()),
            is_bot: self.bots.is_match(header.as_bytes()),
            os,
        }
    }
}

/// The kind of device, by the tokens that browsers agree on: phones say `Mobile`, tablets say so or are Android without it.
fn device(header: &str, os: Option<&str>) -> &'static str {
    let says = |token: &str| header.contains(token);
    let is_tv = says("TV") || says("PlayStation") || says("Xbox") || says("Nintendo") || says("CrKey");
    let is_tablet = says("iPad") || says("Tablet") || says("Silk/") || (says("Android") && !says("Mobi"));
    match os {
        _ if is_tv => "other",
        _ if is_tablet => "tablet",
        _ if says("Mobi") || says("iPhone") || says("iPod") => "mobile",
        Some(
            "Windows" | "Mac OS X" | "Linux" | "Ubuntu" | "Fedora" | "Debian" | "Chrome OS" | "FreeBSD" | "OpenBSD",
        ) => "desktop",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_use_is_told_apart() {
        let cases = [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0",
                ("desktop", "Edge", "Windows"),
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
                ("desktop", "Safari", "Mac OS X"),
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", ("desktop", "Firefox", "Linux")),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36",
                ("desktop", "Chrome", "Chrome OS"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
                ("mobile", "Mobile Safari", "iOS"),
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36",
                ("mobile", "Chrome Mobile", "Android"),
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
                ("tablet", "Mobile Safari", "iOS"),
            ),
            (
                "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36",
                ("tablet", "Chrome", "Android"),
            ),
        ];
        let agents = UserAgents::start();
        for (header, (device, browser, os)) in cases {
            let expected = Agent { device, browser: Some(browser.into()), os: Some(os.into()), is_bot: false };
            assert_eq!(agents.describe(Some(header)), expected, "{header}");
            assert_eq!(agents.describe(Some(header)), expected, "remembered: {header}");
        }
    }

    #[test]
    fn a_client_without_a_user_agent_or_with_nonsense_is_described_all_the_same() {
        let agents = UserAgents::start();
        assert!(agents.describe(None).is_bot);
        assert_eq!(agents.describe(Some("\u{1f600}")).device, "other");
    }
}
