//! What somebody who owns the database can do to the audit log: change a row, past the trigger that refuses it.

use settings::Environment;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::database::as_owner;

/// Where the changed row is kept meanwhile, so that it can be put back however the demo ends.
const KEPT: &str = "demo_tampering";

/// Makes the failed login of a user one that succeeded, until [`repair`], and says which row that is: its chain, and its place there.
pub(crate) async fn spoil(variables: &Environment, user: &str) -> anyhow::Result<(String, i64)> {
    repair(variables).await?;
    // An id of the demo has letters, digits and a hyphen only.
    as_owner(
        variables,
        format!(
            "create table {KEPT} as select chain, seq, status from audit_log where user_id = '{user}' and status = 'failure';
             alter table audit_log disable trigger audit_log_append_only;
             update audit_log set status = 'success' from {KEPT} as kept where (audit_log.chain, audit_log.seq) = (kept.chain, kept.seq);
             alter table audit_log enable always trigger audit_log_append_only"
        ),
    )
    .await?;
    let mut owner = PgConnection::connect(variables.required("OWNER_DATABASE_URL")?).await?;
    let changed = sqlx::query_as(AssertSqlSafe(format!("select chain, seq from {KEPT}"))).fetch_one(&mut owner).await?;
    owner.close().await?;
    Ok(changed)
}

/// Takes it back, where it was done.
pub(crate) async fn repair(variables: &Environment) -> anyhow::Result<()> {
    as_owner(
        variables,
        format!(
            "create table if not exists {KEPT} (chain text, seq bigint, status text);
             alter table audit_log disable trigger audit_log_append_only;
             update audit_log set status = kept.status from {KEPT} as kept where (audit_log.chain, audit_log.seq) = (kept.chain, kept.seq);
             alter table audit_log enable always trigger audit_log_append_only;
             drop table {KEPT}"
        ),
    )
    .await
}
