//! Columns that stand below each other.

/// A table as lines: a head in capitals, two spaces between columns, numbers to the right.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([head[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let numbers: Vec<bool> =
        (0..head.len()).map(|column| rows.iter().all(|row| row[column].parse::<i64>().is_ok())).collect();
    let line = |cells: &[String]| {
        let padded = cells.iter().enumerate().map(|(column, cell)| {
            let space = " ".repeat(widths[column] - cell.chars().count());
            if numbers[column] { format!("{space}{cell}") } else { format!("{cell}{space}") }
        });
        format!("{}\n", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    let head: Vec<String> = head.iter().map(|cell| cell.to_uppercase()).collect();
    std::iter::once(line(&head)).chain(rows.iter().map(|row| line(row))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_whatever_their_cells() {
        let rows = [["7", "é"], ["123", "plain"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&["id", "key"], &rows), " ID  KEY\n  7  é\n123  plain\n");
    }
}
