use std::sync::Arc;
use std::time::{Duration, Instant};

use store::PgPool;
use store::links::{self, Link};

use crate::cache::{Known, LinkCache};

/// How long the database may take for one row by its key: longer, and it counts as away.
const TIME_LIMIT: Duration = Duration::from_millis(500);

/// The link of a code, if it has one: from the cache, else from the database. While the database is away a link that was read
/// before is used beyond its time limit; for any other code the error is returned.
pub(crate) async fn find(
    pool: &PgPool,
    cache: &LinkCache,
    code: &str,
    now: Instant,
) -> Result<Option<Arc<Link>>, store::Error> {
    let known = cache.get(code, now);
    if let Known::Fresh(link) = known {
        return Ok(link);
    }
    match (read(pool, code).await, known) {
        (Ok(link), _) => {
            let link = link.map(Arc::new);
            cache.put(code, link.clone(), now);
            Ok(link)
        }
        (Err(error), Known::Stale(link)) => {
            tracing::warn!(link.code = code, error.message = %error, "The database is away: an older copy of the link is used");
            Ok(Some(link))
        }
        (Err(error), _) => Err(error),
    }
}

async fn read(pool: &PgPool, code: &str) -> Result<Option<Link>, store::Error> {
    let mut connection = pool.acquire().await?;
    let read = tokio::time::timeout(TIME_LIMIT, links::find(&mut connection, code)).await;
    read.unwrap_or_else(|_| {
        // Nobody may wait for what it still answers: it is the only connection there is.
        connection.close_on_drop();
        Err(store::Error::PoolTimedOut)
    })
}
