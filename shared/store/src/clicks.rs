//! `clicks` and its rollups. Clicks are their own inbox: one that has a row is a duplicate and counts nothing.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// One click, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Click {
    /// Id of the event, a `UUIDv7`.
    pub event_id: Uuid,
    /// The link that was followed.
    pub link_id: Uuid,
    /// When it was followed.
    pub clicked_at: OffsetDateTime,
    /// Whether a program followed it.
    pub is_bot: bool,
    /// The code it was followed by.
    pub short_code: String,
    /// ISO 3166-1 alpha-2, or `ZZ`.
    pub country: String,
    /// `desktop`, `mobile`, `tablet` or `other`.
    pub device: &'static str,
    /// Family of the browser.
    pub browser: Option<String>,
    /// Family of the operating system.
    pub os: Option<String>,
    /// `direct`, `search`, `social`, `email`, `campaign` or `referral`.
    pub traffic_source: &'static str,
    /// Host of the referrer.
    pub referrer_host: Option<String>,
    /// `Referer`, as it was sent.
    pub referrer: Option<String>,
    /// `User-Agent`, as it was sent.
    pub user_agent: Option<String>,
    /// `Accept-Language`, as it was sent.
    pub accept_language: Option<String>,
    /// Address or network of the client.
    pub ip: Option<String>,
    /// The campaign: source, medium, campaign, term, content.
    pub utm: [Option<String>; 5],
}

/// Inserts those clicks that are not there yet, adds them to the rollups, and says how many they were.
pub async fn insert(connection: &mut PgConnection, clicks: &[Click]) -> sqlx::Result<u64> {
    let all = |column: fn(&Click) -> &str| clicks.iter().map(column).collect::<Vec<&str>>();
    let some = |column: fn(&Click) -> Option<&str>| clicks.iter().map(column).collect::<Vec<Option<&str>>>();
    let inserted = sqlx::query_file_scalar!(
        "queries/insert_clicks.sql",
        &clicks.iter().map(|click| click.event_id).collect::<Vec<_>>(),
        &clicks.iter().map(|click| click.link_id).collect::<Vec<_>>(),
        &clicks.iter().map(|click| click.clicked_at).collect::<Vec<_>>(),
        &clicks.iter().map(|click| click.is_bot).collect::<Vec<_>>(),
        &all(|click| &click.short_code) as &[&str],
        &all(|click| &click.country) as &[&str],
        &all(|click| click.device) as &[&str],
        &some(|click| click.browser.as_deref()) as &[Option<&str>],
        &some(|click| click.os.as_deref()) as &[Option<&str>],
        &all(|click| click.traffic_source) as &[&str],
        &some(|click| click.referrer_host.as_deref()) as &[Option<&str>],
        &some(|click| click.referrer.as_deref()) as &[Option<&str>],
        &some(|click| click.user_agent.as_deref()) as &[Option<&str>],
        &some(|click| click.accept_language.as_deref()) as &[Option<&str>],
        &some(|click| click.ip.as_deref()) as &[Option<&str>],
        &some(|click| click.utm[0].as_deref()) as &[Option<&str>],
        &some(|click| click.utm[1].as_deref()) as &[Option<&str>],
        &some(|click| click.utm[2].as_deref()) as &[Option<&str>],
        &some(|click| click.utm[3].as_deref()) as &[Option<&str>],
        &some(|click| click.utm[4].as_deref()) as &[Option<&str>],
    )
    .fetch_one(connection)
    .await?;
    Ok(inserted.unsigned_abs())
}

/// Makes the missing partitions of so many months, from the last one on, and moves their rows out of the default partition.
pub async fn make_partitions(connection: &mut PgConnection, months: i32) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"select make_click_partitions((now() at time zone 'UTC' - interval '1 month')::date, $1) as "name!""#,
        months
    )
    .fetch_all(connection)
    .await
}
