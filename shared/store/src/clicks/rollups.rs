use std::collections::BTreeMap;

use sqlx::PgConnection;
use time::{Date, OffsetDateTime, UtcOffset};
use uuid::Uuid;

use super::Click;

const DEVICES: [&str; 4] = ["desktop", "mobile", "tablet", "other"];
const SOURCES: [&str; 6] = ["direct", "search", "social", "email", "campaign", "referral"];

/// The counts of a rollup's row in the order of its columns: people, bots, then people by device and by source.
#[derive(Clone, Copy, Default)]
struct Counts([i64; 2 + DEVICES.len() + SOURCES.len()]);

impl Counts {
    fn count(&mut self, click: &Click) {
        self.0[usize::from(click.is_bot)] += 1;
        let places = [
            DEVICES.iter().position(|device| *device == click.device).map(|place| 2 + place),
            SOURCES.iter().position(|source| *source == click.traffic_source).map(|place| 2 + DEVICES.len() + place),
        ];
        places.into_iter().flatten().filter(|_| !click.is_bot).for_each(|place| self.0[place] += 1);
    }

    fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(count, more)| *count += more);
    }
}

/// Clicks counted by the rows of all rollups, in key order: written so, here and wherever several rows are, two batches wait for
/// each other instead of deadlocking.
#[derive(Default)]
pub(super) struct Counted {
    hours: BTreeMap<(Uuid, OffsetDateTime), Counts>,
    days: BTreeMap<(Uuid, Date), Counts>,
    countries: BTreeMap<(Uuid, Date, String), Counts>,
}

impl Counted {
    pub(super) fn of(clicks: &[&Click]) -> Self {
        let mut counted = Self::default();
        for click in clicks {
            let hour = click.clicked_at.to_offset(UtcOffset::UTC).truncate_to_hour();
            counted.hours.entry((click.link_id, hour)).or_default().count(click);
            counted.countries.entry((click.link_id, hour.date(), click.country.clone())).or_default().count(click);
        }
        for ((link, hour), counts) in &counted.hours {
            counted.days.entry((*link, hour.date())).or_default().add(counts);
        }
        counted
    }

    /// Adds them to the rollups.
    pub(super) async fn add(&self, connection: &mut PgConnection) -> sqlx::Result<()> {
        add_hours(connection, &self.hours).await?;
        add_days(connection, &self.days).await?;
        add_countries(connection, &self.countries).await
    }
}

fn column<K>(rows: &BTreeMap<K, Counts>, place: usize) -> Vec<i64> {
    rows.values().map(|counts| counts.0[place]).collect()
}

async fn add_hours(connection: &mut PgConnection, rows: &BTreeMap<(Uuid, OffsetDateTime), Counts>) -> sqlx::Result<()> {
    let (links, hours): (Vec<_>, Vec<_>) = rows.keys().copied().unzip();
    let counts: [Vec<i64>; 12] = std::array::from_fn(|place| column(rows, place));
    let [clicks, bots, desktop, mobile, tablet, other, direct, search, social, email, campaign, referral] = &counts;
    sqlx::query_file!(
        "queries/add_link_clicks_hourly.sql",
        &links,
        &hours,
        clicks,
        bots,
        desktop,
        mobile,
        tablet,
        other,
        direct,
        search,
        social,
        email,
        campaign,
        referral
    )
    .execute(connection)
    .await
    .map(drop)
}

async fn add_days(connection: &mut PgConnection, rows: &BTreeMap<(Uuid, Date), Counts>) -> sqlx::Result<()> {
    let (links, days): (Vec<_>, Vec<_>) = rows.keys().copied().unzip();
    let counts: [Vec<i64>; 12] = std::array::from_fn(|place| column(rows, place));
    let [clicks, bots, desktop, mobile, tablet, other, direct, search, social, email, campaign, referral] = &counts;
    sqlx::query_file!(
        "queries/add_link_clicks_daily.sql",
        &links,
        &days,
        clicks,
        bots,
        desktop,
        mobile,
        tablet,
        other,
        direct,
        search,
        social,
        email,
        campaign,
        referral
    )
    .execute(connection)
    .await
    .map(drop)
}

async fn add_countries(
    connection: &mut PgConnection,
    rows: &BTreeMap<(Uuid, Date, String), Counts>,
) -> sqlx::Result<()> {
    let links: Vec<Uuid> = rows.keys().map(|(link, ..)| *link).collect();
    let days: Vec<Date> = rows.keys().map(|(_, day, _)| *day).collect();
    let countries: Vec<&str> = rows.keys().map(|(.., country)| country.as_str()).collect();
    sqlx::query!(
        "insert into link_clicks_by_country as total (link_id, day, country, clicks, bots)
         select * from unnest($1::uuid[], $2::date[], $3::text[], $4::bigint[], $5::bigint[])
         on conflict on constraint link_clicks_by_country_pkey do update set
             clicks = total.clicks + excluded.clicks,
             bots = total.bots + excluded.bots",
        &links,
        &days,
        &countries as &[&str],
        &column(rows, 0),
        &column(rows, 1)
    )
    .execute(connection)
    .await
    .map(drop)
}
