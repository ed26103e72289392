use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use lambda::Problem;
use serde::{Deserialize, Serialize};
use store::{link_stats, links};
use time::{Date, Duration, OffsetDateTime};

use crate::LinksApi;
use crate::path::CodeInPath;
use crate::problems::{Failure, invalid, no_link};

/// How many hours and days the series have, the current ones included.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Range {
    hours: u16,
    days: u16,
}

impl Default for Range {
    fn default() -> Self {
        Self { hours: 48, days: 30 }
    }
}

/// The clicks of a link. `clicks` and every breakdown count people; `bots` are apart.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatsAnswer {
    code: String,
    clicks: i64,
    bots: i64,
    by_hour: Vec<HourAnswer>,
    by_day: Vec<DayAnswer>,
    by_country: Vec<CountryAnswer>,
    by_device: Devices,
    by_source: Sources,
}

#[derive(Debug, Serialize)]
struct HourAnswer {
    #[serde(with = "time::serde::rfc3339")]
    hour: OffsetDateTime,
    clicks: i64,
    bots: i64,
}

#[derive(Debug, Serialize)]
struct DayAnswer {
    /// As ISO 8601 writes it: `2026-11-21`.
    day: String,
    clicks: i64,
    bots: i64,
}

#[derive(Debug, Serialize)]
struct CountryAnswer {
    country: String,
    clicks: i64,
    bots: i64,
}

#[derive(Debug, Serialize)]
struct Devices {
    desktop: i64,
    mobile: i64,
    tablet: i64,
    other: i64,
}

#[derive(Debug, Serialize)]
struct Sources {
    direct: i64,
    search: i64,
    social: i64,
    email: i64,
    campaign: i64,
    referral: i64,
}

/// `GET /api/links/{code}/stats?hours=48&days=30`
pub(crate) async fn stats(
    State(api): State<Arc<LinksApi>>,
    CodeInPath(code): CodeInPath,
    range: Result<Query<Range>, QueryRejection>,
) -> Result<Json<StatsAnswer>, Failure> {
    let Query(range) = range.map_err(|_| invalid_range())?;
    let (from_hour, from_day) = beginning(&range, (api.clock)());
    let mut connection = api.pool.acquire().await?;
    let link = links::find(&mut connection, code.as_str()).await?.ok_or_else(no_link)?;
    let totals = link_stats::totals(&mut connection, link.link_id).await?;
    let hours = link_stats::hours(&mut connection, link.link_id, from_hour).await?;
    let days = link_stats::days(&mut connection, link.link_id, from_day).await?;
    let countries = link_stats::countries(&mut connection, link.link_id).await?;
    Ok(Json(StatsAnswer {
        code: link.code,
        clicks: totals.clicks,
        bots: totals.bots,
        by_hour: hours.iter().map(HourAnswer::of).collect(),
        by_day: days.iter().map(DayAnswer::of).collect(),
        by_country: countries.into_iter().map(CountryAnswer::of).collect(),
        by_device: Devices::of(&totals),
        by_source: Sources::of(&totals),
    }))
}

/// The first hour and the first day of the series.
fn beginning(range: &Range, now: OffsetDateTime) -> (OffsetDateTime, Date) {
    let hour = now.truncate_to_hour() + Duration::hours(1) - Duration::hours(range.hours.into());
    let day = now.date() + Duration::days(1) - Duration::days(range.days.into());
    (hour, day)
}

fn invalid_range() -> Problem {
    invalid("query", "The query takes hours and days, whole numbers from 0 to 65535, each once.")
}

impl HourAnswer {
    fn of(row: &link_stats::Hour) -> Self {
        Self { hour: row.hour, clicks: row.clicks, bots: row.bots }
    }
}

impl DayAnswer {
    fn of(row: &link_stats::Day) -> Self {
        Self { day: row.day.to_string(), clicks: row.clicks, bots: row.bots }
    }
}

impl CountryAnswer {
    fn of(row: link_stats::ByCountry) -> Self {
        let country = if row.country == "ZZ" { "unknown".to_owned() } else { row.country };
        Self { country, clicks: row.clicks, bots: row.bots }
    }
}

impl Devices {
    fn of(totals: &link_stats::Totals) -> Self {
        Self {
            desktop: totals.device_desktop,
            mobile: totals.device_mobile,
            tablet: totals.device_tablet,
            other: totals.device_other,
        }
    }
}

impl Sources {
    fn of(totals: &link_stats::Totals) -> Self {
        Self {
            direct: totals.source_direct,
            search: totals.source_search,
            social: totals.source_social,
            email: totals.source_email,
            campaign: totals.source_campaign,
            referral: totals.source_referral,
        }
    }
}
