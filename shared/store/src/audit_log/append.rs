use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{Entry, Place, Row, canonical};

/// Adds entries to their chains, in their order. The last step of a transaction: it holds the heads of the chains until the end, and
/// whoever adds to one of them meanwhile waits. Whether an entry was added before is for the caller to know.
pub async fn append(connection: &mut PgConnection, entries: &[Entry], now: OffsetDateTime) -> sqlx::Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut heads = lock_heads(connection, entries).await?;
    let rows = link(&mut heads, entries, canonical::to_microseconds(now))?;
    insert(connection, &rows).await?;
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
    Ok(heads.into_iter().map(|head| (head.chain, Place { seq: head.seq, hash: head.hash })).collect())
}

/// Gives each entry its place, and moves the heads there.
fn link(heads: &mut BTreeMap<String, Place>, entries: &[Entry], recorded_at: OffsetDateTime) -> sqlx::Result<Vec<Row>> {
    let row = |entry: &Entry| {
        let head = heads.get_mut(&entry.chain).ok_or(sqlx::Error::RowNotFound)?;
        let mut entry = entry.clone();
        entry.occurred_at = canonical::to_microseconds(entry.occurred_at);
        let seq = head.seq + 1;
        let hash = canonical::hash(&entry, seq, &head.hash, recorded_at).to_vec();
        let before = std::mem::replace(head, Place { seq, hash: hash.clone() });
        Ok(Row { seq, previous_hash: before.hash, hash, recorded_at, entry })
    };
    entries.iter().map(row).collect()
}

async fn insert(connection: &mut PgConnection, rows: &[Row]) -> sqlx::Result<()> {
    let texts = |of: fn(&Entry) -> &str| rows.iter().map(|row| of(&row.entry)).collect::<Vec<&str>>();
    let maybe = |of: fn(&Entry) -> Option<&str>| rows.iter().map(|row| of(&row.entry)).collect::<Vec<Option<&str>>>();
    sqlx::query_file!(
        "queries/append_audit_rows.sql",
        &texts(|entry| &entry.chain) as &[&str],
        &rows.iter().map(|row| row.seq).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.previous_hash.as_slice()).collect::<Vec<_>>() as &[&[u8]],
        &rows.iter().map(|row| row.hash.as_slice()).collect::<Vec<_>>() as &[&[u8]],
        &texts(|entry| &entry.event_source) as &[&str],
        &texts(|entry| &entry.event_id) as &[&str],
        &texts(|entry| &entry.event_type) as &[&str],
        &texts(|entry| &entry.user_id) as &[&str],
        &texts(|entry| &entry.action) as &[&str],
        &texts(|entry| &entry.resource) as &[&str],
        &texts(|entry| &entry.status) as &[&str],
        &maybe(|entry| entry.detail.as_deref()) as &[Option<&str>],
        &rows.iter().map(|row| row.entry.is_stale).collect::<Vec<_>>(),
        &maybe(|entry| entry.correlation_id.as_deref()) as &[Option<&str>],
        &maybe(|entry| entry.causation_id.as_deref()) as &[Option<&str>],
        &rows.iter().map(|row| row.entry.occurred_at).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.recorded_at).collect::<Vec<_>>(),
    )
    .execute(connection)
    .await
    .map(drop)
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
