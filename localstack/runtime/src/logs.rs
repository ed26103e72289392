//! Where the lines go that functions write.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;

use owo_colors::{AnsiColors, OwoColorize as _};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

use crate::figures::Figures;

const COLOURS: [AnsiColors; 6] = [
    AnsiColors::Cyan,
    AnsiColors::Green,
    AnsiColors::Magenta,
    AnsiColors::Yellow,
    AnsiColors::Blue,
    AnsiColors::BrightRed,
];

type Receive = dyn Fn(&str, &str) + Send + Sync;

/// Receives each line that a function writes, with the function's name.
#[derive(Clone)]
pub struct LogSink(Arc<Receive>);

impl LogSink {
    /// Calls `receive` with the function's name and the line, without its end.
    pub fn new(receive: impl Fn(&str, &str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(receive))
    }

    /// Drops every line.
    #[must_use]
    pub fn discard() -> Self {
        Self::new(|_, _| ())
    }

    /// Writes lines to standard output with the function's name in front, in colour on a terminal.
    #[must_use]
    pub fn stdout() -> Self {
        let colour = std::io::stdout().is_terminal();
        Self::new(move |function, line| {
            let name = format!("{function:>14} |");
            let name = if colour { name.color(colour_of(function)).to_string() } else { name };
            // Nobody is left to be told when standard output is closed.
            let _ = writeln!(std::io::stdout().lock(), "{name} {line}");
        })
    }

    /// Passes on what `stream` says until it ends; figures among the lines are counted on the way.
    pub(crate) fn follow(
        &self,
        function: &str,
        figures: &Arc<Figures>,
        stream: impl AsyncRead + Unpin + Send + 'static,
    ) {
        let (sink, function, figures) = (self.clone(), function.to_owned(), Arc::clone(figures));
        tokio::spawn(async move {
            let mut lines = BufReader::new(stream);
            let mut line = Vec::new();
            while let Ok(1..) = lines.read_until(b'\n', &mut line).await {
                let text = String::from_utf8_lossy(&line);
                let text = text.trim_end_matches(['\r', '\n']);
                figures.read(text);
                (sink.0)(&function, text);
                line.clear();
            }
        });
    }
}

fn colour_of(function: &str) -> AnsiColors {
    let sum: usize = function.bytes().map(usize::from).sum();
    COLOURS[sum % COLOURS.len()]
}
