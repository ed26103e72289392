//! What somebody reads first.

use std::path::Path;

use console::style;

use crate::functions::ADDRESS;

/// Says what is served where, and what to try.
#[expect(clippy::print_stdout, reason = "what a command-line tool is asked for")]
pub(crate) fn show(root: &Path, port: u16, key: &str) {
    let base = format!("http://{ADDRESS}:{port}");
    println!(
        "
{} on {base}, from {}

  an API key       KEY={key}
                   (good for a day and for everything; `make api-key` makes others)
  make a link      curl -H \"Authorization: Bearer $KEY\" {base}/api/links -H 'content-type: application/json' \\
                        -d '{{\"target\":\"https://example.com/\"}}'
  follow it        curl -i {base}/CODE
  its statistics   curl -H \"Authorization: Bearer $KEY\" {base}/api/links/CODE/stats
  send an event    curl -H \"Authorization: Bearer $KEY\" {base}/api/events -H 'content-type: application/json' -d '{{\"eventType\":
                        \"user.registered\",\"data\":{{\"userId\":\"u1\",\"userType\":\"student\",\"email\":\"u1@example.com\"}},
                        \"metadata\":{{\"source\":\"/try\"}}}}'
  what it came to  curl -H \"Authorization: Bearer $KEY\" {base}/users/u1
                   curl -H \"Authorization: Bearer $KEY\" '{base}/api/audit?user=u1'
  start a thread   curl -H \"Authorization: Bearer $KEY\" {base}/api/discussions/threads -H 'content-type: application/json' \\
                        -d '{{\"courseId\":\"c1\",\"title\":\"Why?\",\"content\":\"I wonder.\",\"author\":\"u1\"}}'
  the best ones    curl -H \"Authorization: Bearer $KEY\" {base}/api/analytics/courses/c1/top
  every route      localstack/requests.http, in the REST client of your editor
  a whole shop     make producer, in another terminal
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
