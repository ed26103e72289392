//! The statistics of a link, read from the rollups of its clicks and what waits to be folded into them.

use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// Clicks of people by device and by traffic source, and all clicks of bots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Clicks of people.
    pub clicks: i64,
    /// Clicks of bots.
    pub bots: i64,
    /// Of the clicks: from desktops and laptops.
    pub device_desktop: i64,
    /// Of the clicks: from phones.
    pub device_mobile: i64,
    /// Of the clicks: from tablets.
    pub device_tablet: i64,
    /// Of the clicks: from anything else, or not known.
    pub device_other: i64,
    /// Of the clicks: without a referrer.
    pub source_direct: i64,
    /// Of the clicks: from search engines.
    pub source_search: i64,
    /// Of the clicks: from social networks.
    pub source_social: i64,
    /// Of the clicks: from mail.
    pub source_email: i64,
    /// Of the clicks: from a campaign that the request named.
    pub source_campaign: i64,
    /// Of the clicks: from any other page.
    pub source_referral: i64,
}

/// Clicks of one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hour {
    /// Its beginning.
    pub hour: OffsetDateTime,
    /// Clicks of people.
    pub clicks: i64,
    /// Clicks of bots.
    pub bots: i64,
}

/// Clicks of one day (UTC).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub day: Date,
    /// Clicks of people.
    pub clicks: i64,
    /// Clicks of bots.
    pub bots: i64,
}

/// Clicks from one country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByCountry {
    /// ISO 3166-1 alpha-2, or `ZZ` where it is not known.
    pub country: String,
    /// Clicks of people.
    pub clicks: i64,
    /// Clicks of bots.
    pub bots: i64,
}

/// All clicks of a link.
pub async fn totals(connection: &mut PgConnection, link_id: Uuid) -> sqlx::Result<Totals> {
    sqlx::query_file_as!(Totals, "queries/sum_link_clicks.sql", link_id).fetch_one(connection).await
}

/// Its clicks by hour, from that hour on; hours without clicks are left out.
pub async fn hours(connection: &mut PgConnection, link_id: Uuid, from: OffsetDateTime) -> sqlx::Result<Vec<Hour>> {
    sqlx::query_as!(
        Hour,
        r#"select hour as "hour!", clicks as "clicks!", bots as "bots!"
           from link_clicks_hourly_current where link_id = $1 and hour >= $2 order by hour"#,
        link_id,
        from
    )
    .fetch_all(connection)
    .await
}

/// Its clicks by day, from that day on; days without clicks are left out.
pub async fn days(connection: &mut PgConnection, link_id: Uuid, from: Date) -> sqlx::Result<Vec<Day>> {
    sqlx::query_as!(
        Day,
        r#"select day as "day!", clicks as "clicks!", bots as "bots!"
           from link_clicks_daily_current where link_id = $1 and day >= $2 order by day"#,
        link_id,
        from
    )
    .fetch_all(connection)
    .await
}

/// All its clicks by country, most clicked first.
pub async fn countries(connection: &mut PgConnection, link_id: Uuid) -> sqlx::Result<Vec<ByCountry>> {
    sqlx::query_as!(
        ByCountry,
        r#"select country as "country!", sum(clicks)::bigint as "clicks!", sum(bots)::bigint as "bots!"
           from link_clicks_by_country_current where link_id = $1
           group by country order by sum(clicks) desc, sum(bots) desc, country"#,
        link_id
    )
    .fetch_all(connection)
    .await
}
