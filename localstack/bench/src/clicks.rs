//! The clicks that are measured: the same for the same seed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use events::{Data, Event, LinkClicked, ShortCode, Text, Utm};
use rand::distr::Distribution;
use rand::distr::weighted::WeightedIndex;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use time::OffsetDateTime;
use uuid::{Builder, Uuid};

use crate::payload::{Make, moments};
use crate::user_agents;

const SEED: u64 = 20_261_120;
const LINKS: u32 = 2_000;
const CODE: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

const COUNTRIES: [(&str, f64); 12] = [
    ("US", 0.30),
    ("DE", 0.14),
    ("GB", 0.12),
    ("FR", 0.08),
    ("IN", 0.08),
    ("BR", 0.07),
    ("JP", 0.05),
    ("SE", 0.04),
    ("CA", 0.04),
    ("NL", 0.03),
    ("ES", 0.03),
    ("AU", 0.02),
];
const REFERRERS: [(&str, f64); 10] = [
    ("", 0.45),
    ("https://www.google.com/", 0.14),
    ("https://t.co/", 0.09),
    ("https://www.facebook.com/", 0.08),
    ("https://www.linkedin.com/", 0.06),
    ("https://www.reddit.com/", 0.05),
    ("https://mail.google.com/", 0.04),
    ("https://duckduckgo.com/", 0.03),
    ("https://news.example.com/2026/11/what-everybody-reads-today?edition=morning", 0.04),
    ("android-app://com.google.android.gm/", 0.02),
];
const LANGUAGES: [(&str, f64); 5] = [
    ("en-US,en;q=0.9", 0.5),
    ("de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", 0.2),
    ("en-GB,en;q=0.9", 0.15),
    ("fr-FR,fr;q=0.9,en;q=0.8", 0.1),
    ("ja", 0.05),
];
/// One click in eight comes from a campaign.
const CAMPAIGNS: [([&str; 3], f64); 4] = [
    (["", "", ""], 0.875),
    (["newsletter", "email", "november-2026"], 0.06),
    (["google", "cpc", "brand-terms"], 0.04),
    (["instagram", "paid-social", "spring_launch"], 0.025),
];

/// One of several, each as often as its weight says.
struct Choice<T>(Vec<T>, WeightedIndex<f64>);

impl<T> Choice<T> {
    fn new(weighted: impl IntoIterator<Item = (T, f64)>) -> Self {
        let (values, weights): (Vec<T>, Vec<f64>) = weighted.into_iter().unzip();
        let index = WeightedIndex::new(weights).expect("positive weights");
        Self(values, index)
    }

    fn pick(&self, random: &mut StdRng) -> &T {
        &self.0[self.1.sample(random)]
    }
}

/// Makes clicks.
pub(crate) struct Clicks {
    random: StdRng,
    links: Choice<(Uuid, ShortCode)>,
    agents: Choice<String>,
    countries: Choice<&'static str>,
    referrers: Choice<&'static str>,
    languages: Choice<&'static str>,
    campaigns: Choice<[&'static str; 3]>,
}

impl Clicks {
    pub(crate) fn new() -> Self {
        let mut random = StdRng::seed_from_u64(SEED);
        let links = (1..=LINKS).map(|rank| (link(&mut random), 1.0 / f64::from(rank))).collect::<Vec<_>>();
        Self {
            links: Choice::new(links),
            agents: Choice::new(user_agents::all()),
            countries: Choice::new(COUNTRIES),
            referrers: Choice::new(REFERRERS),
            languages: Choice::new(LANGUAGES),
            campaigns: Choice::new(CAMPAIGNS),
            random,
        }
    }

    /// As `redirect` makes them.
    fn click(&mut self, at: OffsetDateTime) -> Event {
        let random = &mut self.random;
        let millis = u64::try_from(at.unix_timestamp_nanos() / 1_000_000).expect("a time after 1970");
        let (link_id, code) = self.links.pick(random).clone();
        let [source, medium, campaign] = self.campaigns.pick(random).map(|value| Text::new(value).ok());
        Event {
            id: Builder::from_unix_timestamp_millis(millis, &random.random()).into_uuid().into(),
            source: Text::new("/onceward/redirect").expect("a short text"),
            time: at,
            subject: Text::new(code.as_str()).ok(),
            sequence: None,
            correlation_id: Text::new(Uuid::from_bytes(random.random()).to_string()).ok(),
            causation_id: None,
            traceparent: None,
            data: Data::LinkClicked(LinkClicked {
                link_id,
                short_code: code,
                timestamp: at,
                user_agent: Text::new(self.agents.pick(random).as_str()).ok(),
                ip_address: Some(address(random)),
                referrer: Text::new(*self.referrers.pick(random)).ok(),
                accept_language: Text::new(*self.languages.pick(random)).ok(),
                utm: Utm { source, medium, campaign, ..Utm::default() },
                edge_country: self.countries.pick(random).parse().ok(),
            }),
        }
    }
}

impl Make for Clicks {
    fn of_hour(&mut self, start: OffsetDateTime, count: u32) -> Vec<Event> {
        moments(start, count).map(|at| self.click(at)).collect()
    }
}

fn link(random: &mut StdRng) -> (Uuid, ShortCode) {
    let code: String = (0..7).map(|_| char::from(CODE[random.random_range(0..CODE.len())])).collect();
    (Uuid::from_bytes(random.random()), code.parse().expect("letters and digits"))
}

fn address(random: &mut StdRng) -> IpAddr {
    if random.random_ratio(1, 5) {
        Ipv6Addr::from_bits(random.random()).into()
    } else {
        Ipv4Addr::from_bits(random.random()).into()
    }
}
