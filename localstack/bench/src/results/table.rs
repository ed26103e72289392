/// The columns of a table in Markdown, in which each row reads well alone: the first column is text, the others are numbers.
pub(crate) struct Table {
    columns: Vec<String>,
    widths: Vec<usize>,
}

impl Table {
    pub(crate) fn new(columns: &[&str]) -> Self {
        let widths = columns.iter().map(|column| column.chars().count().max(8)).collect();
        Self { columns: columns.iter().map(|&column| column.to_owned()).collect(), widths }
    }

    /// The same, with a first column of this width.
    pub(crate) fn first(mut self, width: usize) -> Self {
        self.widths[0] = self.widths[0].max(width);
        self
    }

    /// The same, with room for this row.
    pub(crate) fn fit(mut self, cells: &[String]) -> Self {
        self.widths.iter_mut().zip(cells).for_each(|(width, cell)| *width = (*width).max(cell.chars().count()));
        self
    }

    /// Its first two lines.
    pub(crate) fn head(&self) -> String {
        let line = |(place, width): (usize, &usize)| match place {
            0 => format!(":{}", "-".repeat(width + 1)),
            _ => format!("{}:", "-".repeat(width + 1)),
        };
        let lines: Vec<String> = self.widths.iter().enumerate().map(line).collect();
        format!("{}\n|{}|", self.row(&self.columns), lines.join("|"))
    }

    pub(crate) fn row(&self, cells: &[String]) -> String {
        let cell = |(place, (cell, &width)): (usize, (&String, &usize))| match place {
            0 => format!("| {cell:<width$} "),
            _ => format!("| {cell:>width$} "),
        };
        cells.iter().zip(&self.widths).enumerate().map(cell).collect::<String>() + "|"
    }
}
