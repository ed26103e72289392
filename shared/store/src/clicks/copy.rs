use sqlx::PgConnection;

use super::Click;
use crate::copy::{self, PIECE, field, framed, inet, text, timestamp};

const STATEMENT: &str = "copy clicks (
    event_id, link_id, clicked_at, is_bot, short_code, country, device, browser, os, traffic_source, referrer_host, referrer,
    user_agent, accept_language, ip, utm_source, utm_medium, utm_campaign, utm_term, utm_content
) from stdin (format binary)";
const COLUMNS: i16 = 20;

/// Copies encoded rows into `clicks`, piece by piece; one that is there already fails all. While the server works, `meanwhile` runs
/// here.
pub async fn copy<T>(
    connection: &mut PgConnection,
    pieces: impl IntoIterator<Item = Vec<u8>, IntoIter: Send>,
    meanwhile: impl FnOnce() -> T,
) -> sqlx::Result<T> {
    copy::copy(connection, STATEMENT, pieces, meanwhile).await
}

/// The rows in the binary format of `COPY`, in pieces that are encoded as they are asked for.
pub fn encode(clicks: &[&Click]) -> impl Iterator<Item = Vec<u8>> + Send {
    framed(clicks.chunks(PIECE).map(|clicks| {
        let mut rows = Vec::with_capacity(512 * clicks.len());
        for click in clicks {
            row(&mut rows, click);
        }
        rows
    }))
}

fn row(rows: &mut Vec<u8>, click: &Click) {
    copy::row(rows, COLUMNS);
    field(rows, click.event_id.as_bytes());
    field(rows, click.link_id.as_bytes());
    timestamp(rows, click.clicked_at);
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
