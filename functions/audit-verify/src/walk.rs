use store::audit_log::{self, Place, Row};
use store::{Connection as _, Error, PgConnection};

use crate::broken::{Broken, How};
use crate::verifier::Verifier;

/// Rows that are in memory at once.
const PAGE: i64 = 1000;
/// A page and the head are of one moment.
const SNAPSHOT: &str = "begin isolation level repeatable read read only";

/// How a walk along a chain ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// At the end of the chain, which holds.
    Whole,
    /// Where there was no more time.
    Unfinished,
    /// At what does not hold.
    Broken(Broken),
}

/// A walk along a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// The last row that holds.
    pub place: Place,
    /// Rows that hold.
    pub rows: u64,
    /// How it ended.
    pub end: End,
}

impl Walk {
    pub(crate) fn is_broken(&self) -> bool {
        matches!(self.end, End::Broken(_))
    }

    /// Whether it is this that the walk itself came upon.
    pub(crate) fn came_upon(&self, broken: &Broken) -> bool {
        matches!(&self.end, End::Broken(found) if found == broken)
    }
}

/// Verifies a chain from behind this place to its end, page by page, as long as there is time: at least one page. `is_over` is asked
/// after each, with the rows that hold so far.
pub async fn walk(
    connection: &mut PgConnection,
    chain: &str,
    from: Place,
    mut is_over: impl FnMut(u64) -> bool,
) -> Result<Walk, Error> {
    let mut verifier = Verifier::after(from);
    let mut rows = 0;
    let end = loop {
        let (page, head) = page(connection, chain, verifier.place().seq).await?;
        let found = page.iter().find_map(|row| {
            let broken = verifier.push(row).err()?;
            Some((row, broken))
        });
        if let Some((row, broken)) = found {
            rows += count_before(&page, row);
            break End::Broken(explain(connection, chain, &verifier, (row, broken), || is_over(rows)).await?);
        }
        let page_rows = page.len() as u64;
        rows += page_rows;
        if page_rows < PAGE.unsigned_abs() {
            break verifier.end(head.as_ref()).map_or_else(End::Broken, |()| End::Whole);
        }
        if is_over(rows) {
            break End::Unfinished;
        }
    };
    Ok(Walk { place: verifier.place().clone(), rows, end })
}

fn count_before(page: &[Row], row: &Row) -> u64 {
    page.iter().take_while(|before| before.seq < row.seq).count() as u64
}

async fn page(connection: &mut PgConnection, chain: &str, after: i64) -> Result<(Vec<Row>, Option<Place>), Error> {
    let mut snapshot = connection.begin_with(SNAPSHOT).await?;
    let head = audit_log::head(&mut snapshot, chain).await?;
    let page = audit_log::page(&mut snapshot, chain, after, PAGE).await?;
    snapshot.commit().await?;
    Ok((page, head))
}

/// Looks behind a row that does not hold for the one that belongs there, as long as there is time.
async fn explain(
    connection: &mut PgConnection,
    chain: &str,
    verifier: &Verifier,
    (found, broken): (&Row, Broken),
    mut is_over: impl FnMut() -> bool,
) -> Result<Broken, Error> {
    if broken.how != How::Edited || broken.seq != found.seq {
        return Ok(broken);
    }
    let mut after = found.seq;
    loop {
        let page = audit_log::page(connection, chain, after, PAGE).await?;
        if let Some(other) = page.iter().find(|other| verifier.belongs_here(other, found)) {
            let what = format!("the rows {} and {} changed places", found.seq, other.seq);
            return Ok(Broken::new(found.seq, How::Swapped, what));
        }
        match page.last() {
            Some(last) if !is_over() => after = last.seq,
            _ => return Ok(verifier.moved(found).unwrap_or(broken)),
        }
    }
}
