use sqlx::PgConnection;

use super::{Entry, Place, Row};

/// The names of all chains of which anything is known: rows, a head, or that it was verified.
pub async fn chains(connection: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_file_scalar!("queries/list_audit_chains.sql").fetch_all(connection).await
}

/// The head of a chain.
pub async fn head(connection: &mut PgConnection, chain: &str) -> sqlx::Result<Option<Place>> {
    sqlx::query_as!(
        Place,
        r#"select coalesce(seq, 0) as "seq!", coalesce(hash, '') as "hash!" from audit_heads where chain = $1"#,
        chain
    )
    .fetch_optional(connection)
    .await
}

/// The heads of all chains, in the order of these.
pub async fn heads(connection: &mut PgConnection) -> sqlx::Result<Vec<(String, Place)>> {
    let heads = sqlx::query!("select chain, seq, hash from audit_heads order by chain").fetch_all(connection).await?;
    Ok(heads.into_iter().map(|head| (head.chain, Place { seq: head.seq, hash: head.hash })).collect())
}

/// The places of these that have a row, in their order.
pub async fn hashes(connection: &mut PgConnection, chain: &str, seqs: &[i64]) -> sqlx::Result<Vec<Place>> {
    sqlx::query_as!(
        Place,
        r#"select seq, coalesce(hash, '') as "hash!" from audit_log where chain = $1 and seq = any($2) order by seq"#,
        chain,
        seqs
    )
    .fetch_all(connection)
    .await
}

/// The next rows of a chain after this place, so many at most. A row with a column that cannot be read is [`Row::unreadable`].
pub async fn page(connection: &mut PgConnection, chain: &str, after: i64, limit: i64) -> sqlx::Result<Vec<Row>> {
    let rows = sqlx::query_file!("queries/page_audit_rows.sql", chain, after, limit).fetch_all(connection).await?;
    let rows = rows.into_iter().map(|row| {
        let seq = row.seq;
        let read = || {
            Some(Row {
                seq,
                previous_hash: row.previous_hash?,
                hash: row.hash?,
                recorded_at: row.recorded_at?,
                entry: Entry {
                    chain: chain.to_owned(),
                    event_source: row.event_source?,
                    event_id: row.event_id?,
                    event_type: row.event_type?,
                    user_id: row.user_id?,
                    action: row.action?,
                    resource: row.resource?,
                    status: row.status?,
                    detail: row.detail,
                    is_stale: row.is_stale?,
                    correlation_id: row.correlation_id,
                    causation_id: row.causation_id,
                    occurred_at: row.occurred_at?,
                },
            })
        };
        read().unwrap_or_else(|| Row::unreadable(chain, seq))
    });
    Ok(rows.collect())
}
