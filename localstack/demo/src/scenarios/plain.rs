//! Output without what changes from run to run.

use std::sync::LazyLock;

use regex::Regex;

/// What changes, and its name; in this order.
static CHANGES: LazyLock<[(Regex, &str); 8]> = LazyLock::new(|| {
    [
        (r#"[^\s"]*/producer/[0-9-]+-shop[0-9a-f]+\.jsonl"#, "‹journal›"),
        (r"shop[0-9a-f]{8,}", "‹shop›"),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "‹uuid›"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "‹time›"),
        (r"in \d+\.\d s \(\d+ a second\)", "in ‹seconds› s (‹rate› a second)"),
        (r"once more: \d+ records", "once more: ‹records› records"),
        (r"Makefile:\d+", "Makefile:‹line›"),
        (r"127\.0\.0\.1:\d+", "‹place›"),
    ]
    .map(|(pattern, name)| (Regex::new(pattern).expect("a pattern"), name))
});

/// The output with names in the place of what changes, and no spaces at the ends of lines.
pub(crate) fn plain(output: &str) -> String {
    let output = console::strip_ansi_codes(output);
    let named = CHANGES
        .iter()
        .fold(output.into_owned(), |text, (pattern, name)| pattern.replace_all(&text, *name).into_owned());
    named.lines().fold(String::new(), |text, line| text + line.trim_end() + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_has_a_name_and_all_else_stays() {
        let output = "✓ 9 events: 9 acknowledged in 0.1 s (90 a second)  \n  shop shop19aa5c1d2b3, seed 7, journal .local/producer/20261121-093000-123-shop19aa5c1d2b3.jsonl\n\
             event 019aa5c1-6f40-7000-8000-000000000011 at 2026-11-21T09:30:00.25Z of shop19aa5c1d2b3-o-1\nmake: *** [Makefile:77: producer] Error 1\nhttp://127.0.0.1:40321/orders";
        let expected = "✓ 9 events: 9 acknowledged in ‹seconds› s (‹rate› a second)\n  shop ‹shop›, seed 7, journal ‹journal›\n\
             event ‹uuid› at ‹time› of ‹shop›-o-1\nmake: *** [Makefile:‹line›: producer] Error 1\nhttp://‹place›/orders\n";
        assert_eq!(plain(output), expected);
        assert_eq!(plain(expected), expected, "what is written down reads as it was");
    }

    #[test]
    fn a_number_that_counts_is_no_change() {
        assert_ne!(plain("orders 12 12 ✓"), plain("orders 12 13 ✗"));
    }
}
