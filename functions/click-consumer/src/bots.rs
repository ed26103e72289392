use regex::bytes::{Regex, RegexBuilder};

/// Patterns of crawlers and other programs: see `data/README.md`.
const PATTERNS: &str = include_str!("../data/crawlers.json");

/// What the patterns leave out: HTTP clients as scripts use them, and browsers without a head.
const MORE: [&str; 2] = ["HeadlessChrome", "^node$"];

/// Compiles all patterns into one.
pub(crate) fn compile() -> Regex {
    let patterns: Vec<String> = serde_json::from_str(PATTERNS).expect("crawlers.json is an array of texts");
    let any =
        patterns.iter().map(String::as_str).chain(MORE).map(|pattern| format!("(?:{pattern})")).collect::<Vec<_>>();
    RegexBuilder::new(&any.join("|"))
        .unicode(false)
        .size_limit(64 << 20)
        .build()
        .expect("every pattern of crawlers.json is a regular expression")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_told_from_people() {
        let bots = compile();
        let programs = [
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 Safari/537.36",
            "curl/8.5.0",
            "python-requests/2.31.0",
            "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
            "node",
        ];
        for program in programs {
            assert!(bots.is_match(program.as_bytes()), "{program}");
        }
        let people = [
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:132.0) Gecko/20100101 Firefox/132.0",
        ];
        for person in people {
            assert!(!bots.is_match(person.as_bytes()), "{person}");
        }
    }
}
