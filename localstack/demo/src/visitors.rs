//! Who follows the link, from where, and how they came to it.

/// A client, by what it sends as `User-Agent`.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) user_agent: &'static str,
    /// What its device counts as; none for a bot.
    pub(crate) device: Option<&'static str>,
}

const fn person(device: &'static str, user_agent: &'static str) -> Visitor {
    Visitor { user_agent, device: Some(device) }
}

const fn bot(user_agent: &'static str) -> Visitor {
    Visitor { user_agent, device: None }
}

/// Browsers on desktops, phones, tablets and a television.
pub(crate) const PEOPLE: [Visitor; 12] = [
    person(
        "desktop",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
    ),
    person(
        "desktop",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0",
    ),
    person("desktop", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:132.0) Gecko/20100101 Firefox/132.0"),
    person(
        "desktop",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
    ),
    person("desktop", "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"),
    person(
        "mobile",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
    ),
    person(
        "mobile",
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36",
    ),
    person(
        "mobile",
        "Mozilla/5.0 (Linux; Android 13; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36",
    ),
    person("mobile", "Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0"),
    person(
        "tablet",
        "Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1",
    ),
    person(
        "tablet",
        "Mozilla/5.0 (Linux; Android 13; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
    ),
    person(
        "other",
        "Mozilla/5.0 (SMART-TV; LINUX; Tizen 7.0) AppleWebKit/537.36 (KHTML, like Gecko) 94.0.4606.31/7.0 TV Safari/537.36",
    ),
];

/// Crawlers, link previews and scripts.
pub(crate) const BOTS: [Visitor; 6] = [
    bot("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
    bot("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"),
    bot("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"),
    bot("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"),
    bot("curl/8.5.0"),
    bot("python-requests/2.31.0"),
];

/// Where visitors come from, as often as they stand here; of one the edge does not know.
pub(crate) const COUNTRIES: [Option<&str>; 13] = [
    Some("US"),
    Some("US"),
    Some("US"),
    Some("IN"),
    Some("IN"),
    Some("DE"),
    Some("DE"),
    Some("BR"),
    Some("BR"),
    Some("JP"),
    Some("SE"),
    Some("NG"),
    None,
];

/// A way to the link.
#[derive(Debug)]
pub(crate) struct Arrival {
    /// What it counts as.
    pub(crate) source: &'static str,
    pub(crate) referrer: Option<&'static str>,
    /// Source, medium and campaign.
    pub(crate) utm: Option<[&'static str; 3]>,
}

const fn from(source: &'static str, referrer: &'static str) -> Arrival {
    Arrival { source, referrer: Some(referrer), utm: None }
}

const fn named(source: &'static str, utm: [&'static str; 3]) -> Arrival {
    Arrival { source, referrer: None, utm: Some(utm) }
}

/// The ways to the link.
pub(crate) const ARRIVALS: [Arrival; 11] = [
    Arrival { source: "direct", referrer: None, utm: None },
    from("search", "https://www.google.com/"),
    from("search", "https://www.google.co.in/"),
    from("search", "https://duckduckgo.com/"),
    from("social", "https://t.co/a1b2c3"),
    from("social", "https://www.linkedin.com/feed/"),
    from("email", "https://mail.google.com/"),
    named("email", ["newsletter", "email", "november"]),
    named("campaign", ["spring", "cpc", "launch"]),
    from("referral", "https://news.ycombinator.com/item?id=1"),
    // What the request names wins over the page that it came from.
    Arrival { source: "campaign", referrer: Some("https://www.google.com/"), utm: Some(["google", "cpc", "launch"]) },
];
