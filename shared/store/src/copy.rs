//! Rows in the binary format of `COPY`, the fastest way into a table. What is sent is not checked at compile time: each statement has a
//! test that reads every column back.

use std::iter;
use std::net::IpAddr;

use sqlx::PgConnection;
use time::OffsetDateTime;
use time::macros::datetime;

/// What comes before the rows: a signature, no flags, no extension.
const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What comes after them.
const TAIL: [u8; 2] = (-1_i16).to_be_bytes();
/// Times are microseconds since then.
const EPOCH: OffsetDateTime = datetime!(2000-01-01 00:00 UTC);

/// An address, and how many bits of it are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// The address; the bits that are not kept are zero.
    pub address: IpAddr,
    /// How many bits are kept.
    pub prefix: u8,
}

impl Network {
    /// The address alone.
    pub(crate) fn of_address(address: IpAddr) -> Self {
        Self { address, prefix: if address.is_ipv4() { 32 } else { 128 } }
    }
}

/// Rows that are encoded and sent at once: the server reads the ones before meanwhile.
pub(crate) const PIECE: usize = 200;

/// Gives the server what the statement copies, piece by piece. While the server works, `meanwhile` runs here.
pub(crate) async fn copy<T>(
    connection: &mut PgConnection,
    statement: &str,
    pieces: impl IntoIterator<Item = Vec<u8>, IntoIter: Send>,
    meanwhile: impl FnOnce() -> T,
) -> sqlx::Result<T> {
    let mut copy = connection.copy_in_raw(statement).await?;
    for piece in pieces {
        copy.send(piece).await?;
    }
    let done = meanwhile();
    copy.finish().await?;
    Ok(done)
}

/// Encoded rows with what belongs around them.
pub(crate) fn framed(rows: impl Iterator<Item = Vec<u8>>) -> impl Iterator<Item = Vec<u8>> {
    iter::once(HEAD.to_vec()).chain(rows).chain(iter::once(TAIL.to_vec()))
}

/// Begins a row.
pub(crate) fn row(rows: &mut Vec<u8>, columns: i16) {
    rows.extend(columns.to_be_bytes());
}

/// A column's value.
pub(crate) fn field(rows: &mut Vec<u8>, value: &[u8]) {
    let length = i32::try_from(value.len()).expect("a field is far shorter than 2 GB");
    rows.extend(length.to_be_bytes());
    rows.extend(value);
}

/// A column's value, or that it has none.
pub(crate) fn text(rows: &mut Vec<u8>, value: Option<&str>) {
    match value {
        Some(value) => field(rows, value.as_bytes()),
        None => null(rows),
    }
}

/// A column without a value.
fn null(rows: &mut Vec<u8>) {
    rows.extend((-1_i32).to_be_bytes());
}

/// A column of type `inet`: family, bits of the prefix, not a `cidr`, bytes of the address, and these.
pub(crate) fn inet(rows: &mut Vec<u8>, value: Option<Network>) {
    match value.map(|network| (network.prefix, network.address)) {
        Some((prefix, IpAddr::V4(address))) => field(rows, [[2, prefix, 0, 4], address.octets()].as_flattened()),
        Some((prefix, IpAddr::V6(address))) => {
            field(rows, &[[3, prefix, 0, 16].as_slice(), &address.octets()].concat());
        }
        None => null(rows),
    }
}

/// A column of type `timestamptz`.
pub(crate) fn timestamp(rows: &mut Vec<u8>, time: OffsetDateTime) {
    let micros = i64::try_from((time - EPOCH).whole_microseconds())
        .expect("ten thousand years are fewer microseconds than an i64 counts");
    field(rows, &micros.to_be_bytes());
}
