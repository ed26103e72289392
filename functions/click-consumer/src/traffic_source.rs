use events::{Text, Utm};
use url::{Host, Url};

/// Where a click came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TrafficSource {
    /// `direct`, `search`, `social`, `email`, `campaign` or `referral`.
    pub(crate) kind: &'static str,
    /// Host of the referrer, where there is one.
    pub(crate) host: Option<String>,
}

/// Each stands for itself and all its subdomains.
const SEARCH: [&str; 17] = [
    "bing.com",
    "duckduckgo.com",
    "ecosia.org",
    "qwant.com",
    "startpage.com",
    "baidu.com",
    "yandex.ru",
    "yandex.com",
    "naver.com",
    "seznam.cz",
    "search.brave.com",
    "search.yahoo.com",
    "ask.com",
    "sogou.com",
    "kagi.com",
    "perplexity.ai",
    "com.google.android.googlequicksearchbox",
];
const SOCIAL: [&str; 22] = [
    "facebook.com",
    "fb.com",
    "fb.me",
    "instagram.com",
    "twitter.com",
    "x.com",
    "t.co",
    "linkedin.com",
    "lnkd.in",
    "reddit.com",
    "pinterest.com",
    "tiktok.com",
    "youtube.com",
    "youtu.be",
    "threads.net",
    "threads.com",
    "bsky.app",
    "mastodon.social",
    "vk.com",
    "snapchat.com",
    "whatsapp.com",
    "telegram.org",
];
const EMAIL: [&str; 10] = [
    "mail.google.com",
    "com.google.android.gm",
    "outlook.live.com",
    "outlook.office.com",
    "outlook.office365.com",
    "mail.yahoo.com",
    "mail.proton.me",
    "fastmail.com",
    "mail.aol.com",
    "mail.zoho.com",
];

/// What the request named wins over where it came from; of the hosts, mail wins over search (both can be one company's).
pub(crate) fn of(referrer: Option<&str>, utm: &Utm) -> TrafficSource {
    let host = referrer.and_then(host);
    let kind = match &host {
        _ if utm.medium.as_ref().is_some_and(is_mail) => "email",
        _ if !utm.is_empty() => "campaign",
        None => "direct",
        Some(host) if is_one_of(host, &EMAIL) => "email",
        Some(host) if is_one_of(host, &SEARCH) || is_google(host) => "search",
        Some(host) if is_one_of(host, &SOCIAL) => "social",
        Some(_) => "referral",
    };
    TrafficSource { kind, host }
}

fn is_mail(medium: &Text<256>) -> bool {
    matches!(medium.as_str().to_ascii_lowercase().as_str(), "email" | "e-mail" | "mail" | "newsletter")
}

/// The host of a referrer, in lower case; none where it is no URL with a host that could be stored.
fn host(referrer: &str) -> Option<String> {
    let url = Url::parse(referrer).ok()?;
    match url.host()? {
        Host::Domain(domain) => Some(domain.trim_end_matches('.').to_ascii_lowercase()).filter(|host| !host.is_empty()),
        address => Some(address.to_string()),
    }
}

fn is_one_of(host: &str, domains: &[&str]) -> bool {
    domains.iter().any(|domain| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

/// Google has a domain in every country, such as `google.co.uk`.
fn is_google(host: &str) -> bool {
    let suffix = host.strip_prefix("www.").unwrap_or(host).strip_prefix("google.");
    suffix.is_some_and(|suffix| suffix.len() <= 6 && suffix.split('.').all(|label| (2..=3).contains(&label.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_follows_from_campaign_and_referrer() {
        let cases = [
            (None, "direct", None),
            (Some("not a url"), "direct", None),
            (Some("https://www.google.se/"), "search", Some("www.google.se")),
            (Some("https://google.co.uk/search?q=x"), "search", Some("google.co.uk")),
            (Some("https://google.evil.example/"), "referral", Some("google.evil.example")),
            (Some("https://mail.google.com/mail"), "email", Some("mail.google.com")),
            (Some("android-app://com.google.android.gm/"), "email", Some("com.google.android.gm")),
            (Some("https://t.co/abc"), "social", Some("t.co")),
            (Some("https://m.facebook.com/"), "social", Some("m.facebook.com")),
            // Names that only end or begin like those of social networks.
            (Some("https://microsoft.com/"), "referral", Some("microsoft.com")),
            (Some("https://notfacebook.com/"), "referral", Some("notfacebook.com")),
            (Some("https://News.Example./a"), "referral", Some("news.example")),
            (Some("http://192.0.2.7/"), "referral", Some("192.0.2.7")),
        ];
        for (referrer, kind, host) in cases {
            let expected = TrafficSource { kind, host: host.map(str::to_owned) };
            assert_eq!(of(referrer, &Utm::default()), expected, "{referrer:?}");
        }
    }

    #[test]
    fn what_the_request_names_wins_over_the_referrer() {
        let utm = |medium: &str| Utm { medium: Text::new(medium).ok(), ..Utm::default() };
        for (medium, kind) in [("email", "email"), ("E-Mail", "email"), ("newsletter", "email"), ("cpc", "campaign")] {
            assert_eq!(of(Some("https://www.google.com/"), &utm(medium)).kind, kind, "{medium}");
        }
    }
}
