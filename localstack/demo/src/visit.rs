//! The HTTP side: makes the link, follows it, and reads its statistics.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::header::{LOCATION, REFERER, USER_AGENT};
use reqwest::{Client, Method, StatusCode, redirect};
use serde::Deserialize;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::plan::{Counts, Visit, hour_of};

/// Where the link leads.
const TARGET: &str = "https://doc.rust-lang.org/book/";

/// A link, as `POST /api/links` answers.
#[derive(Debug, Deserialize)]
pub(crate) struct Link {
    #[serde(rename = "linkId")]
    pub(crate) id: Uuid,
    pub(crate) code: String,
    #[serde(rename = "shortUrl")]
    pub(crate) short_url: String,
    pub(crate) target: String,
}

/// What `GET /api/links/{code}/stats` answers, as far as it is compared.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stats {
    clicks: u64,
    bots: u64,
    by_hour: Vec<InHour>,
    by_country: Vec<FromCountry>,
    by_device: BTreeMap<String, u64>,
    by_source: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct InHour {
    #[serde(with = "time::serde::rfc3339")]
    hour: OffsetDateTime,
    clicks: u64,
    bots: u64,
}

#[derive(Deserialize)]
struct FromCountry {
    country: String,
    clicks: u64,
    bots: u64,
}

/// Calls the functions as their users do.
pub(crate) struct Visits {
    client: Client,
    base: String,
    key: String,
}

impl Visits {
    pub(crate) fn new(base: &str, key: &str) -> anyhow::Result<Self> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(Duration::from_secs(35))
            .build()
            .context("cannot make an HTTP client")?;
        Ok(Self { client, base: base.to_owned(), key: key.to_owned() })
    }

    /// Makes a link with a new code.
    pub(crate) async fn make_link(&self) -> anyhow::Result<Link> {
        let request = self.client.post(format!("{}/api/links", self.base)).bearer_auth(&self.key);
        let request = request.json(&json!({ "target": TARGET }));
        let answer = request.send().await.context("the functions do not answer")?;
        if answer.status() != StatusCode::CREATED {
            bail!("no link was made: {} {}", answer.status(), answer.text().await.unwrap_or_default());
        }
        answer.json().await.context("the answer is no link")
    }

    /// Follows the link, or asks for its headers alone. An answer other than the redirect is an error.
    pub(crate) async fn follow(&self, link: &Link, visit: &Visit, head: bool) -> anyhow::Result<()> {
        let method = if head { Method::HEAD } else { Method::GET };
        let query = visit.arrival.utm.map(|[source, medium, campaign]| {
            format!("?utm_source={source}&utm_medium={medium}&utm_campaign={campaign}")
        });
        let url = format!("{}/{}{}", self.base, link.code, query.unwrap_or_default());
        let mut request = self.client.request(method, url).header(USER_AGENT, visit.visitor.user_agent);
        if let Some(referrer) = visit.arrival.referrer {
            request = request.header(REFERER, referrer);
        }
        if let Some(country) = visit.country {
            request = request.header("cf-ipcountry", country);
        }
        let answer = request.send().await.context("the redirect does not answer")?;
        let leads_there = answer.headers().get(LOCATION).is_some_and(|location| location == link.target.as_str());
        if answer.status() != StatusCode::FOUND || !leads_there {
            bail!("no redirect to {}: {} {}", link.target, answer.status(), answer.text().await.unwrap_or_default());
        }
        Ok(())
    }

    /// What the statistics say now. Hours after `last_hour` are counted as that one.
    pub(crate) async fn counts(&self, link: &Link, last_hour: OffsetDateTime) -> anyhow::Result<Counts> {
        let url = format!("{}/api/links/{}/stats", self.base, link.code);
        let answer =
            self.client.get(url).bearer_auth(&self.key).send().await.context("the statistics do not answer")?;
        let stats: Stats = answer.error_for_status()?.json().await.context("the answer is no statistics")?;
        let mut counts = Counts {
            people: stats.clicks,
            bots: stats.bots,
            countries: stats.by_country.into_iter().map(|row| (row.country, row.clicks + row.bots)).collect(),
            devices: stats.by_device,
            sources: stats.by_source,
            ..Counts::default()
        };
        for InHour { hour, clicks, bots } in stats.by_hour {
            *counts.hours.entry(hour_of(hour).min(last_hour)).or_default() += clicks + bots;
        }
        Ok(counts)
    }
}
