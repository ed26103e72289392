//! What an expression of Prometheus asks for. It is promtool that judges whether the expression is one.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::str::Chars;

/// A metric that an expression names, and the labels by which it chooses or groups it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Selector {
    /// Its name.
    pub metric: String,
    /// Labels in its braces.
    pub labels: BTreeSet<String>,
}

const AGGREGATIONS: [&str; 11] =
    ["avg", "bottomk", "count", "count_values", "group", "max", "min", "quantile", "stddev", "sum", "topk"];
const WORDS: [&str; 8] = ["and", "atan2", "bool", "inf", "nan", "offset", "or", "unless"];
const WITH_LABELS: [&str; 6] = ["by", "group_left", "group_right", "ignoring", "on", "without"];

/// All metrics that are named, and all labels by which anything is grouped or matched.
#[must_use]
pub fn selectors(expression: &str) -> (BTreeSet<Selector>, BTreeSet<String>) {
    let (mut found, mut grouped) = (BTreeSet::new(), BTreeSet::new());
    let mut rest = expression.chars().peekable();
    while let Some(&next) = rest.peek() {
        match next {
            '"' | '\'' | '`' => quoted(&mut rest),
            '[' => drop(until(&mut rest, ']')),
            '0'..='9' | '$' => drop(word(&mut rest)),
            'a'..='z' | 'A'..='Z' | '_' | ':' => {
                let name = word(&mut rest);
                while rest.next_if(|next| next.is_whitespace()).is_some() {}
                if WITH_LABELS.contains(&name.as_str()) {
                    if rest.next_if_eq(&'(').is_some() {
                        grouped.extend(until(&mut rest, ')').split(',').map(|label| label.trim().to_owned()));
                    }
                } else if !is_word_of_the_language(&name) && rest.peek() != Some(&'(') {
                    let labels = if rest.peek() == Some(&'{') { matched(&mut rest) } else { BTreeSet::new() };
                    found.insert(Selector { metric: name, labels });
                }
            }
            _ => drop(rest.next()),
        }
    }
    grouped.remove("");
    (found, grouped)
}

fn is_word_of_the_language(name: &str) -> bool {
    let name = name.to_lowercase();
    WORDS.contains(&name.as_str()) || AGGREGATIONS.contains(&name.as_str())
}

fn word(rest: &mut Peekable<Chars<'_>>) -> String {
    std::iter::from_fn(|| rest.next_if(|next| next.is_ascii_alphanumeric() || "_:$.".contains(*next))).collect()
}

fn until(rest: &mut Peekable<Chars<'_>>, end: char) -> String {
    rest.by_ref().take_while(|next| *next != end).collect()
}

fn quoted(rest: &mut Peekable<Chars<'_>>) {
    let quote = rest.next();
    while let Some(next) = rest.next() {
        if next == '\\' {
            rest.next();
        } else if Some(next) == quote {
            return;
        }
    }
}

/// The labels of `{a="x", b=~"y"}`.
fn matched(rest: &mut Peekable<Chars<'_>>) -> BTreeSet<String> {
    let mut labels = BTreeSet::new();
    while let Some(&next) = rest.peek() {
        match next {
            '}' => {
                rest.next();
                break;
            }
            '"' | '\'' | '`' => quoted(rest),
            'a'..='z' | 'A'..='Z' | '_' => {
                labels.insert(word(rest));
            }
            _ => drop(rest.next()),
        }
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(expression: &str) -> Vec<String> {
        let (found, grouped) = selectors(expression);
        let mut all: Vec<String> = found
            .into_iter()
            .map(|each| format!("{}{{{}}}", each.metric, Vec::from_iter(each.labels).join(",")))
            .collect();
        all.extend(grouped);
        all
    }

    #[test]
    fn metrics_and_labels_are_found_and_nothing_else() {
        let expression = r#"sum by (a, b) (rate(x_total{c="y_total{d=\"e\"}", f=~"g|h"}[5m])) / on (i) group_left z offset 15m > 1e3"#;
        assert_eq!(named(expression), ["x_total{c,f}", "z{}", "a", "b", "i"]);
        assert_eq!(
            named("count(up) without (job) or absent(up{job='a'}) and on () time() - 0 * x:y == bool 1"),
            ["up{}", "up{job}", "x:y{}", "job"]
        );
        assert_eq!(
            named("histogram_quantile(0.99, sum(rate(t_bucket[$__rate_interval])) by (le))"),
            ["t_bucket{}", "le"]
        );
        assert_eq!(named("vector(1) unless 5"), Vec::<String>::new());
    }
}
