//! The limit: `COPY` of the rows that the sink stores, in its binary format, made beforehand.

use std::net::IpAddr;

use sqlx::PgConnection;
use store::clicks::Click;
use time::OffsetDateTime;
use time::macros::datetime;

const STATEMENT: &str = "copy clicks (
    event_id, link_id, clicked_at, is_bot, short_code, country, device, browser, os, traffic_source, referrer_host, referrer,
    user_agent, accept_language, ip, utm_source, utm_medium, utm_campaign, utm_term, utm_content
) from stdin (format binary)";
const COLUMNS: i16 = 20;
/// Times are microseconds since then.
const EPOCH: OffsetDateTime = datetime!(2000-01-01 00:00 UTC);

/// Copies the rows in a transaction of their own and says how many they were.
pub(crate) async fn copy(connection: &mut PgConnection, rows: &[u8]) -> sqlx::Result<u64> {
    let mut copy = connection.copy_in_raw(STATEMENT).await?;
    copy.send(rows).await?;
    copy.finish().await
}

/// The rows in the binary format of `COPY`.
pub(crate) fn encode(clicks: &[Click]) -> Vec<u8> {
    let mut rows = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
    clicks.iter().for_each(|click| row(&mut rows, click));
    rows.extend((-1_i16).to_be_bytes());
    rows
}

fn row(rows: &mut Vec<u8>, click: &Click) {
    rows.extend(COLUMNS.to_be_bytes());
    let micros = i64::try_from((click.clicked_at - EPOCH).whole_microseconds()).expect("a time of our days");
    field(rows, Some(click.event_id.as_bytes()));
    field(rows, Some(click.link_id.as_bytes()));
    field(rows, Some(&micros.to_be_bytes()));
    field(rows, Some(&[u8::from(click.is_bot)]));
    text(rows, Some(&click.short_code));
    text(rows, Some(&click.country));
    text(rows, Some(click.device));
    text(rows, click.browser.as_deref());
    text(rows, click.os.as_deref());
    text(rows, Some(click.traffic_source));
    text(rows, click.referrer_host.as_deref());
    text(rows, click.referrer.as_deref());
    text(rows, click.user_agent.as_deref());
    text(rows, click.accept_language.as_deref());
    field(rows, click.ip.as_deref().map(inet).as_deref());
    click.utm.iter().for_each(|utm| text(rows, utm.as_deref()));
}

fn text(rows: &mut Vec<u8>, value: Option<&str>) {
    field(rows, value.map(str::as_bytes));
}

fn field(rows: &mut Vec<u8>, value: Option<&[u8]>) {
    let length = value.map_or(-1, |value| i32::try_from(value.len()).expect("a short field"));
    rows.extend(length.to_be_bytes());
    rows.extend(value.unwrap_or_default());
}

/// Family, prefix length, not a `cidr`, length, address.
fn inet(network: &str) -> Vec<u8> {
    let (address, prefix) = network.split_once('/').expect("a network such as 203.0.113.0/24");
    let prefix = prefix.parse().expect("a prefix length");
    match address.parse().expect("an address") {
        IpAddr::V4(address) => [&[2, prefix, 0, 4], address.octets().as_slice()].concat(),
        IpAddr::V6(address) => [&[3, prefix, 0, 16], address.octets().as_slice()].concat(),
    }
}
