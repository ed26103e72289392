use std::collections::{BTreeMap, BTreeSet};
use std::mem;

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{Entry, Place, canonical};
use crate::copy::{self, PIECE, field, framed, text, timestamp};

const STATEMENT: &str = "copy audit_log (
    chain, seq, previous_hash, hash, event_source, event_id, event_type, user_id, action, resource, status, detail, is_stale,
    correlation_id, causation_id, occurred_at, recorded_at
) from stdin (format binary)";
const COLUMNS: i16 = 17;

/// Adds entries to their chains, in their order. The last step of a transaction: it holds the heads of the chains until the end, and
/// whoever adds to one of them meanwhile waits. Whether an entry was added before is for the caller to know.
pub async fn append(connection: &mut PgConnection, entries: &[Entry], now: OffsetDateTime) -> sqlx::Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut heads = lock_heads(connection, entries).await?;
    let rows = rows(&mut heads, entries, canonical::to_microseconds(now));
    copy::copy(connection, STATEMENT, rows, || ()).await?;
    set_heads(connection, &heads).await
}

/// The heads of all chains of the entries, locked in the order of the chains: two transactions cannot each hold one that the other waits for.
async fn lock_heads(connection: &mut PgConnection, entries: &[Entry]) -> sqlx::Result<BTreeMap<String, Place>> {
    let chains: BTreeSet<&str> = entries.iter().map(|entry| entry.chain.as_str()).collect();
    let chains: Vec<&str> = chains.into_iter().collect();
    // A chain whose head was removed goes on after its last row: to find that out is for whoever verifies, and events must not wait for it.
    sqlx::query!(
        r"insert into audit_heads (chain, seq, hash)
          select chain, coalesce(last.seq, 0), coalesce(last.hash, decode(repeat('00', 32), 'hex'))
          from unnest($1::text[]) as wanted (chain)
          left join lateral (
              select seq, hash from audit_log where audit_log.chain = wanted.chain order by seq desc limit 1
          ) as last on true
          where not exists (select from audit_heads where audit_heads.chain = wanted.chain)
          order by chain
          on conflict on constraint audit_heads_pkey do nothing",
        &chains as &[&str]
    )
    .execute(&mut *connection)
    .await?;
    let heads = sqlx::query_file!("queries/lock_audit_heads.sql", &chains as &[&str]).fetch_all(connection).await?;
    if heads.len() < chains.len() {
        return Err(sqlx::Error::RowNotFound);
    }
    Ok(heads.into_iter().map(|head| (head.chain, Place { seq: head.seq, hash: head.hash })).collect())
}

/// The entries as rows, each at its place in its chain; the heads move there with them. Made as they are asked for: while the server
/// takes in some, the next are hashed.
fn rows(
    heads: &mut BTreeMap<String, Place>,
    entries: &[Entry],
    recorded_at: OffsetDateTime,
) -> impl Iterator<Item = Vec<u8>> + Send {
    framed(entries.chunks(PIECE).map(move |entries| {
        let mut rows = Vec::with_capacity(512 * entries.len());
        for entry in entries {
            let head = heads.get_mut(&entry.chain).expect("the heads of all chains are locked");
            let hash = canonical::hash(entry, head.seq + 1, &head.hash, recorded_at);
            let before = mem::replace(head, Place { seq: head.seq + 1, hash: hash.to_vec() });
            row(&mut rows, entry, &before, &hash, recorded_at);
        }
        rows
    }))
}

fn row(rows: &mut Vec<u8>, entry: &Entry, before: &Place, hash: &[u8], recorded_at: OffsetDateTime) {
    copy::row(rows, COLUMNS);
    field(rows, entry.chain.as_bytes());
    field(rows, &(before.seq + 1).to_be_bytes());
    field(rows, &before.hash);
    field(rows, hash);
    field(rows, entry.event_source.as_bytes());
    field(rows, entry.event_id.as_bytes());
    field(rows, entry.event_type.as_bytes());
    field(rows, entry.user_id.as_bytes());
    field(rows, entry.action.as_bytes());
    field(rows, entry.resource.as_bytes());
    field(rows, entry.status.as_bytes());
    text(rows, entry.detail.as_deref());
    field(rows, &[u8::from(entry.is_stale)]);
    text(rows, entry.correlation_id.as_deref());
    text(rows, entry.causation_id.as_deref());
    timestamp(rows, canonical::to_microseconds(entry.occurred_at));
    timestamp(rows, recorded_at);
}

async fn set_heads(connection: &mut PgConnection, heads: &BTreeMap<String, Place>) -> sqlx::Result<()> {
    sqlx::query!(
        "update audit_heads set seq = head.seq, hash = head.hash
         from unnest($1::text[], $2::bigint[], $3::bytea[]) as head (chain, seq, hash)
         where audit_heads.chain = head.chain",
        &heads.keys().map(String::as_str).collect::<Vec<_>>() as &[&str],
        &heads.values().map(|head| head.seq).collect::<Vec<_>>(),
        &heads.values().map(|head| head.hash.as_slice()).collect::<Vec<_>>() as &[&[u8]],
    )
    .execute(connection)
    .await
    .map(drop)
}
