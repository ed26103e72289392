use std::iter;
use std::net::IpAddr;

use sqlx::PgConnection;
use time::OffsetDateTime;
use time::macros::datetime;

use super::{Click, Network};

const STATEMENT: &str = "copy clicks (
    event_id, link_id, clicked_at, is_bot, short_code, country, device, browser, os, traffic_source, referrer_host, referrer,
    user_agent, accept_language, ip, utm_source, utm_medium, utm_campaign, utm_term, utm_content
) from stdin (format binary)";
const COLUMNS: i16 = 20;
/// What comes before the rows: a signature, no flags, no extension.
const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What comes after them.
const TAIL: [u8; 2] = (-1_i16).to_be_bytes();
/// Times are microseconds since then.
const EPOCH: OffsetDateTime = datetime!(2000-01-01 00:00 UTC);

/// Rows that are encoded and sent at once: the server reads the ones before meanwhile.
const PIECE: usize = 200;

/// Copies encoded rows into `clicks`, piece by piece; one that is there already fails all. While the server works, `meanwhile` runs
/// here.
pub async fn copy<T>(
    connection: &mut PgConnection,
    pieces: impl IntoIterator<Item = Vec<u8>, IntoIter: Send>,
    meanwhile: impl FnOnce() -> T,
) -> sqlx::Result<T> {
    let mut copy = connection.copy_in_raw(STATEMENT).await?;
    for piece in pieces {
        copy.send(piece).await?;
    }
    let done = meanwhile();
    copy.finish().await?;
    Ok(done)
}

/// The rows in the binary format of `COPY`, in pieces that are encoded as they are asked for.
pub fn encode(clicks: &[&Click]) -> impl Iterator<Item = Vec<u8>> + Send {
    let pieces = clicks.chunks(PIECE).map(|clicks| {
        let mut rows = Vec::with_capacity(512 * clicks.len());
        for click in clicks {
            row(&mut rows, click);
        }
        rows
    });
    iter::once(HEAD.to_vec()).chain(pieces).chain(iter::once(TAIL.to_vec()))
}

fn row(rows: &mut Vec<u8>, click: &Click) {
    rows.extend(COLUMNS.to_be_bytes());
    field(rows, click.event_id.as_bytes());
    field(rows, click.link_id.as_bytes());
    field(rows, &micros(click.clicked_at).to_be_bytes());
    field(rows, &[u8::from(click.is_bot)]);
    field(rows, click.short_code.as_bytes());
    field(rows, click.country.as_bytes());
    field(rows, click.device.as_bytes());
    text(rows, click.browser.as_deref());
    text(rows, click.os.as_deref());
    field(rows, click.traffic_source.as_bytes());
    text(rows, click.referrer_host.as_deref());
    text(rows, click.referrer.as_deref());
    text(rows, click.user_agent.as_deref());
    text(rows, click.accept_language.as_deref());
    inet(rows, click.ip);
    for utm in &click.utm {
        text(rows, utm.as_deref());
    }
}

fn text(rows: &mut Vec<u8>, value: Option<&str>) {
    match value {
        Some(value) => field(rows, value.as_bytes()),
        None => null(rows),
    }
}

/// Family, bits of the prefix, not a `cidr`, bytes of the address, and these.
fn inet(rows: &mut Vec<u8>, value: Option<Network>) {
    match value.map(|network| (network.prefix, network.address)) {
        Some((prefix, IpAddr::V4(address))) => field(rows, [[2, prefix, 0, 4], address.octets()].as_flattened()),
        Some((prefix, IpAddr::V6(address))) => {
            field(rows, &[[3, prefix, 0, 16].as_slice(), &address.octets()].concat());
        }
        None => null(rows),
    }
}

fn field(rows: &mut Vec<u8>, value: &[u8]) {
    let length = i32::try_from(value.len()).expect("a field is far shorter than 2 GB");
    rows.extend(length.to_be_bytes());
    rows.extend(value);
}

fn null(rows: &mut Vec<u8>) {
    rows.extend((-1_i32).to_be_bytes());
}

fn micros(time: OffsetDateTime) -> i64 {
    i64::try_from((time - EPOCH).whole_microseconds())
        .expect("ten thousand years are fewer microseconds than an i64 counts")
}
