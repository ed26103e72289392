use std::sync::Arc;

use api::{Failure, invalid};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use lambda::Problem;
use serde::{Deserialize, Serialize};
use store::{link_stats, links};
use time::{Date, Duration, OffsetDateTime};
use utoipa::{IntoParams, ToSchema};

use crate::LinksApi;
use crate::path::CodeInPath;
use crate::problems::no_link;

/// How many hours and days the series have, the current ones included.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Range {
    /// How many hours `byHour` goes back, the current one included.
    #[param(default = 48, minimum = 0, maximum = 65_535)]
    hours: u16,
    /// How many days `byDay` goes back, the current one included.
    #[param(default = 30, minimum = 0, maximum = 65_535)]
    days: u16,
}

impl Default for Range {
    fn default() -> Self {
        Self { hours: 48, days: 30 }
    }
}

/// The clicks of a link. `clicks` and every breakdown count people; `bots` are apart.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LinkStatistics)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatsAnswer {
    /// The code of the link.
    code: String,
    /// Clicks of people, since the link was made.
    clicks: i64,
    /// Clicks of bots, since the link was made.
    bots: i64,
    /// Hours in which anybody clicked, the oldest first.
    by_hour: Vec<HourAnswer>,
    /// Days on which anybody clicked, the oldest first.
    by_day: Vec<DayAnswer>,
    /// Countries from which anybody clicked, the one with the most clicks first.
    by_country: Vec<CountryAnswer>,
    by_device: Devices,
    by_source: Sources,
}

/// The clicks of an hour.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClicksInHour)]
struct HourAnswer {
    /// When the hour begins.
    #[serde(with = "time::serde::rfc3339")]
    hour: OffsetDateTime,
    clicks: i64,
    bots: i64,
}

/// The clicks of a day in UTC.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClicksOnDay)]
struct DayAnswer {
    /// As ISO 8601 writes it: `2026-11-21`.
    #[schema(format = Date, example = "2026-11-21")]
    day: String,
    clicks: i64,
    bots: i64,
}

/// The clicks from a country.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClicksFromCountry)]
struct CountryAnswer {
    /// Two letters of ISO 3166, or `unknown`.
    #[schema(example = "DE")]
    country: String,
    clicks: i64,
    bots: i64,
}

/// Clicks of people, by what they used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClicksByDevice)]
struct Devices {
    desktop: i64,
    mobile: i64,
    tablet: i64,
    other: i64,
}

/// Clicks of people, by where they came from.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClicksBySource)]
struct Sources {
    direct: i64,
    search: i64,
    social: i64,
    email: i64,
    campaign: i64,
    referral: i64,
}

/// Count the clicks of a link
///
/// Clicks of people by hour, day, country, device and source, and those of bots apart. What was clicked counts a few seconds later.
#[utoipa::path(
    get,
    path = "/api/links/{code}/stats",
    tag = "links",
    operation_id = "count_clicks",
    params(
        ("code" = String, Path, description = "What follows the slash of the short URL.", example = "Summer-Sale_2026"),
        Range,
    ),
    responses(
        (status = 200, description = "The clicks of the link.", body = StatsAnswer),
        (status = 400, description = "The query is not understood.", content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
        (status = 404, description = "There is no link with this code.", content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
    )
)]
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
