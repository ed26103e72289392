use std::collections::BTreeMap;

use sqlx::PgConnection;
use time::{Date, OffsetDateTime, UtcOffset};
use uuid::Uuid;

use super::Click;

const DEVICES: [&str; 4] = ["desktop", "mobile", "tablet", "other"];
const SOURCES: [&str; 6] = ["direct", "search", "social", "email", "campaign", "referral"];

/// The counts of a rollup's row in the order of its columns: people, bots, then people by device and by source.
#[derive(Clone, Copy, Default)]
struct Counts([i32; 2 + DEVICES.len() + SOURCES.len()]);

impl Counts {
    fn count(&mut self, click: &Click) {
        self.0[usize::from(click.is_bot)] += 1;
        let places = [
            DEVICES.iter().position(|device| *device == click.device).map(|place| 2 + place),
            SOURCES.iter().position(|source| *source == click.traffic_source).map(|place| 2 + DEVICES.len() + place),
        ];
        places.into_iter().flatten().filter(|_| !click.is_bot).for_each(|place| self.0[place] += 1);
    }
}

/// Clicks counted by the rows of the rollups; the days follow from the hours.
#[derive(Default)]
pub(super) struct Counted {
    hours: BTreeMap<(Uuid, OffsetDateTime), Counts>,
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
        counted
    }

    /// Leaves them to be folded into the rollups.
    pub(super) async fn leave(&self, connection: &mut PgConnection) -> sqlx::Result<()> {
        let (links, hours): (Vec<_>, Vec<_>) = self.hours.keys().copied().unzip();
        let counts: [Vec<i32>; 12] = std::array::from_fn(|place| column(&self.hours, place));
        let [clicks, bots, desktop, mobile, tablet, other, direct, search, social, email, campaign, referral] = &counts;
        let country_links: Vec<Uuid> = self.countries.keys().map(|(link, ..)| *link).collect();
        let days: Vec<Date> = self.countries.keys().map(|(_, day, _)| *day).collect();
        let countries: Vec<&str> = self.countries.keys().map(|(.., country)| country.as_str()).collect();
        sqlx::query_file!(
            "queries/insert_link_click_delta.sql",
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
            referral,
            &country_links,
            &days,
            &countries as &[&str],
            &column(&self.countries, 0),
            &column(&self.countries, 1)
        )
        .execute(connection)
        .await
        .map(drop)
    }
}

fn column<K>(rows: &BTreeMap<K, Counts>, place: usize) -> Vec<i32> {
    rows.values().map(|counts| counts.0[place]).collect()
}

/// Batches that are folded at once: a statement of some tenths of a second.
const FOLDED_AT_ONCE: i64 = 100;

/// Whether so many batches wait to be folded into the rollups.
pub async fn wait_to_be_folded(connection: &mut PgConnection, batches: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select count(*) = $1 as "many!" from (select from link_click_deltas limit $1) as waiting"#,
        batches
    )
    .fetch_one(connection)
    .await
}

/// Folds batches into the rollups, some at once, and says how many: none where nothing waits, or somebody else is at it.
pub async fn fold(connection: &mut PgConnection) -> sqlx::Result<u64> {
    let folded = sqlx::query_file_scalar!("queries/fold_link_clicks.sql", FOLDED_AT_ONCE).fetch_one(connection).await?;
    Ok(folded.unsigned_abs())
}
