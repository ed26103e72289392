use sqlx::PgConnection;
use time::OffsetDateTime;

use super::Place;

/// The lock of whoever verifies ("audi").
const LOCK: (i32, i32) = (0x6175_6469, 0);

/// Takes the lock of whoever verifies, where nobody has it, for as long as the connection is open. It is closed when nothing comes
/// over it for 90 seconds, so that an environment that froze or died holds the lock no longer than that.
pub async fn try_lock(connection: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select pg_try_advisory_lock($1, $2) and set_config('idle_session_timeout', '90s', false) is not null as "taken!""#,
        LOCK.0,
        LOCK.1
    )
    .fetch_one(connection)
    .await
}

/// Gives that lock back.
pub async fn unlock(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query_scalar!(r#"select pg_advisory_unlock($1, $2) as "given!""#, LOCK.0, LOCK.1)
        .fetch_one(connection)
        .await
        .map(drop)
}

/// How far a chain is verified, and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The chain.
    pub chain: String,
    /// Up to here it holds, in the pass that is under way.
    pub verified: Place,
    /// When a pass last came to the end; none while one is under way.
    pub completed_at: Option<OffsetDateTime>,
    /// The first row that does not hold, and how: `edited`, `removed`, `swapped` or `cut_off`.
    pub broken: Option<(i64, String)>,
}

/// What is known of all chains.
pub async fn verifications(connection: &mut PgConnection) -> sqlx::Result<Vec<Verification>> {
    let known = sqlx::query!(
        // A time that no moment has is none: the pass begins anew.
        r#"select
               chain, verified_seq, verified_hash, broken_seq, broken_how,
               case when isfinite(completed_at) and completed_at < '10000-01-01 00:00+00' then completed_at end as completed_at
           from audit_verifications
           order by chain"#
    )
    .fetch_all(connection)
    .await?;
    let known = known.into_iter().map(|row| Verification {
        chain: row.chain,
        verified: Place { seq: row.verified_seq, hash: row.verified_hash },
        completed_at: row.completed_at,
        broken: row.broken_seq.zip(row.broken_how),
    });
    Ok(known.collect())
}

/// Keeps what is known of a chain now.
pub async fn write(
    connection: &mut PgConnection,
    verification: &Verification,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let broken = verification.broken.as_ref();
    sqlx::query!(
        "insert into audit_verifications (
             chain, verified_seq, verified_hash, verified_at, completed_at, broken_seq, broken_how
         ) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict on constraint audit_verifications_pkey do update
         set verified_seq = excluded.verified_seq, verified_hash = excluded.verified_hash, verified_at = excluded.verified_at,
             completed_at = excluded.completed_at, broken_seq = excluded.broken_seq, broken_how = excluded.broken_how",
        verification.chain,
        verification.verified.seq,
        verification.verified.hash,
        now,
        verification.completed_at,
        broken.map(|(seq, _)| *seq),
        broken.map(|(_, how)| how.as_str()),
    )
    .execute(connection)
    .await
    .map(drop)
}
