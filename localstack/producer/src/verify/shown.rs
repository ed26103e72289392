use super::verdict::Verdict;

/// So many of a kind are named.
const NAMED: usize = 20;

/// The verdict as lines for a person.
#[must_use]
pub fn lines(verdict: &Verdict) -> Vec<String> {
    let mut lines = vec![format!("  {:14} {:>16} {:>16}", "", "journal", "database")];
    lines.extend(verdict.tables.iter().map(|table| {
        let mark = if table.journal == table.database { '✓' } else { '✗' };
        format!("  {:14} {:>16} {:>16}  {mark}", table.what, table.journal, table.database)
    }));
    lines.push(String::new());
    let parts = [
        ("complete", "MISSING", &verdict.missing),
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
