use super::verdict::{Table, Unread, Verdict};

/// So many of a kind are named.
const NAMED: usize = 20;

/// The verdict as lines for a person.
#[must_use]
pub fn lines(verdict: &Verdict) -> Vec<String> {
    let mut lines = vec![format!("  {:14} {:>16} {:>16}", "", "journal", "database")];
    lines.extend(verdict.tables.iter().map(row));
    lines.push(String::new());
    let missing = [verdict.lost.as_slice(), verdict.missing.as_slice()].concat();
    let parts = [
        ("complete", "MISSING", &missing),
        ("once each", "DOUBLED", &verdict.doubled),
        ("totals equal", "UNEQUAL", &verdict.unequal),
    ];
    for (right, wrong, found) in parts {
        if found.is_empty() {
            lines.push(format!("{right}: yes"));
            continue;
        }
        lines.push(format!("{right}: NO, {} {wrong}", found.len()));
        lines.extend(found.iter().take(NAMED).map(|what| format!("  {what}")));
        if found.len() > NAMED {
            lines.push(format!("  and {} more", found.len() - NAMED));
        }
    }
    lines.extend(verdict.unread.iter().map(unread));
    if verdict.duplicates > 0 {
        lines.push(format!("{} records were sent twice, and count once", verdict.duplicates));
    }
    if verdict.uncertain > 0 {
        lines.push(format!(
            "{} events were on their way when the producer ended, and are not there: `producer replay --unacknowledged` sends them again",
            verdict.uncertain
        ));
    }
    lines
}

fn row(table: &Table) -> String {
    let mark = if table.is_equal() { '✓' } else { '✗' };
    let journal = if table.most == table.journal {
        table.journal.to_string()
    } else {
        format!("{}–{}", table.journal, table.most)
    };
    format!("  {:14} {journal:>16} {:>16}  {mark}", table.what, table.database)
}

fn unread(unread: &Unread) -> String {
    let Unread { group, topic, left, error } = unread;
    match error {
        Some(error) => format!("NOT KNOWN: how far {group} has come in {topic}: {error}"),
        None => format!("NOT YET: {group} has {left} records of {topic} left, which may change this"),
    }
}
