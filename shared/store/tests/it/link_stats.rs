use store::clicks::{self, Click};
use store::link_stats::{self, ByCountry, Day, Hour, Totals};
use testkit::{TestDatabase, click, uuid_at};
use time::macros::{date, datetime};

use crate::NOON;

#[tokio::test]
async fn statistics_are_sums_of_one_link_with_bots_apart() {
    let database = TestDatabase::new().await;
    let mut connection = database.pool.acquire().await.unwrap();
    let link = uuid_at(NOON);
    let evening = datetime!(2026-11-15 23:59:59.999 UTC);
    let next_day = datetime!(2026-11-16 00:00 UTC);
    let german =
        |device, traffic_source| Click { country: "DE".to_owned(), device, traffic_source, ..click(link, evening) };
    let batch = [
        click(link, NOON),
        german("mobile", "search"),
        german("mobile", "social"),
        Click { is_bot: true, ..german("tablet", "email") },
        Click { country: "FR".to_owned(), device: "other", traffic_source: "campaign", ..click(link, next_day) },
        click(uuid_at(NOON), NOON),
    ];
    assert_eq!(clicks::insert(&mut connection, &batch).await.unwrap(), [true; 6]);

    let totals = link_stats::totals(&mut connection, link).await.unwrap();
    let expected = Totals {
        clicks: 4,
        bots: 1,
        device_desktop: 1,
        device_mobile: 2,
        device_other: 1,
        source_direct: 1,
        source_search: 1,
        source_social: 1,
        source_campaign: 1,
        ..Totals::default()
    };
    assert_eq!(totals, expected);
    let evening_hour = Hour { hour: datetime!(2026-11-15 23:00 UTC), clicks: 2, bots: 1 };
    let midnight_hour = Hour { hour: next_day, clicks: 1, bots: 0 };
    let hours = link_stats::hours(&mut connection, link, evening_hour.hour).await.unwrap();
    assert_eq!(hours, [evening_hour, midnight_hour]);
    let days = link_stats::days(&mut connection, link, date!(2026 - 11 - 15)).await.unwrap();
    let expected = [
        Day { day: date!(2026 - 11 - 15), clicks: 3, bots: 1 },
        Day { day: date!(2026 - 11 - 16), clicks: 1, bots: 0 },
    ];
    assert_eq!(days, expected);
    assert_eq!(link_stats::days(&mut connection, link, date!(2026 - 11 - 16)).await.unwrap(), expected[1..]);
    let countries = link_stats::countries(&mut connection, link).await.unwrap();
    let country = |country: &str, clicks, bots| ByCountry { country: country.to_owned(), clicks, bots };
    assert_eq!(countries, [country("DE", 2, 1), country("FR", 1, 0), country("ZZ", 1, 0)]);
}

#[tokio::test]
async fn a_link_that_nobody_clicked_has_zeros_and_no_series() {
    let database = TestDatabase::new().await;
    let mut connection = database.pool.acquire().await.unwrap();
    let link = uuid_at(NOON);
    assert_eq!(link_stats::totals(&mut connection, link).await.unwrap(), Totals::default());
    assert_eq!(link_stats::hours(&mut connection, link, NOON).await.unwrap(), []);
    assert_eq!(link_stats::days(&mut connection, link, NOON.date()).await.unwrap(), []);
    assert_eq!(link_stats::countries(&mut connection, link).await.unwrap(), []);
}
