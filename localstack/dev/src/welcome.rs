//! What somebody reads first.

use std::path::Path;

use console::style;

use crate::functions::ADDRESS;

/// Says what is served where, and what to try.
#[expect(clippy::print_stdout, reason = "what a command-line tool is asked for")]
pub(crate) fn show(root: &Path, port: u16) {
    let base = format!("http://{ADDRESS}:{port}");
    println!(
        "
{} on {base}, from {}

  make a link      curl -d '{{\"target\":\"https://example.com/\"}}' -H 'content-type: application/json' {base}/api/links
  follow it        curl -i {base}/CODE
  its statistics   curl {base}/api/links/CODE/stats
  any function     curl -d '{{}}' {base}/2015-03-31/functions/migrate/invocations

The first call of a function starts it, and compiles it where its code has changed since it was built: some seconds.
Save a file, and the functions that run are compiled and started again. What is not there locally: `make demo` and the
tests run the same functions on a host that behaves as Lambda does. {}
",
        style("The functions are served").bold(),
        root.display(),
        style("Ctrl-C ends it.").bold(),
    );
}
