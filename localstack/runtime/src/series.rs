//! Counters, durations and peaks by name and labels.

use std::collections::BTreeMap;

use exposition::{DURATION_BOUNDS, Families};

/// Names and values of labels, in the order of their names.
pub(crate) type Labels = BTreeMap<String, String>;

/// All series of all names. A name is of one kind, that of its first series, and there are no more series than the limit: labels come
/// from functions, and what they write must not grow without end.
pub(crate) struct Series {
    families: BTreeMap<String, Family>,
    room: usize,
    is_full: bool,
}

enum Family {
    Counts(BTreeMap<Labels, f64>),
    Durations(BTreeMap<Labels, Durations>),
    Peaks(BTreeMap<Labels, f64>),
}

#[derive(Default)]
struct Durations {
    counts: [u64; DURATION_BOUNDS.len() + 1],
    sum: f64,
}

impl Series {
    pub(crate) fn new(limit: usize) -> Self {
        Self { families: BTreeMap::new(), room: limit, is_full: false }
    }

    /// Adds to what only grows; zero makes the series known.
    pub(crate) fn count(&mut self, name: &str, labels: Labels, by: f64) {
        let family = family(&mut self.families, name, || Family::Counts(BTreeMap::new()));
        let Family::Counts(series) = family else { return };
        if let Some(count) = slot(series, labels, &mut self.room, &mut self.is_full) {
            *count += by;
        }
    }

    /// Counts durations in their buckets; none make the series known.
    pub(crate) fn observe(&mut self, name: &str, labels: Labels, seconds: &[f64]) {
        let family = family(&mut self.families, name, || Family::Durations(BTreeMap::new()));
        let Family::Durations(series) = family else { return };
        let Some(durations) = slot(series, labels, &mut self.room, &mut self.is_full) else { return };
        for second in seconds {
            durations.counts[DURATION_BOUNDS.partition_point(|bound| bound < second)] += 1;
            durations.sum += second;
        }
    }

    /// Keeps the largest value.
    pub(crate) fn peak(&mut self, name: &str, labels: Labels, value: f64) {
        let family = family(&mut self.families, name, || Family::Peaks(BTreeMap::new()));
        let Family::Peaks(series) = family else { return };
        if let Some(peak) = slot(series, labels, &mut self.room, &mut self.is_full) {
            *peak = peak.max(value);
        }
    }

    /// Adds all series to `families`, each name with the text that `help` has for it.
    pub(crate) fn write(&self, families: &mut Families, help: impl Fn(&str) -> &'static str) {
        for (name, family) in &self.families {
            match family {
                Family::Counts(series) => each(series, |labels, count| {
                    families.counter(name, help(name), labels, whole(*count));
                }),
                Family::Durations(series) => each(series, |labels, durations| {
                    families.histogram(name, help(name), labels, &DURATION_BOUNDS, &durations.counts, durations.sum);
                }),
                Family::Peaks(series) => each(series, |labels, peak| families.gauge(name, help(name), labels, *peak)),
            }
        }
    }
}

fn family<'a>(families: &'a mut BTreeMap<String, Family>, name: &str, new: impl FnOnce() -> Family) -> &'a mut Family {
    if !families.contains_key(name) {
        families.insert(name.to_owned(), new());
    }
    families.get_mut(name).expect("it was added where it was not there")
}

/// The value of a series, a new one where there is room.
fn slot<'a, T: Default>(
    series: &'a mut BTreeMap<Labels, T>,
    labels: Labels,
    room: &mut usize,
    is_full: &mut bool,
) -> Option<&'a mut T> {
    if !series.contains_key(&labels) {
        if *room == 0 {
            if !std::mem::replace(is_full, true) {
                tracing::warn!(
                    "Functions write figures with too many different labels: new ones are left out from now on"
                );
            }
            return None;
        }
        *room -= 1;
    }
    Some(series.entry(labels).or_default())
}

fn each<T>(series: &BTreeMap<Labels, T>, mut write: impl FnMut(&exposition::Labels<'_>, &T)) {
    for (labels, value) in series {
        let labels: Vec<(&str, &str)> = labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        write(&labels, value);
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a sum of counts, none of them below zero")]
fn whole(count: f64) -> u64 {
    count.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(value: &str) -> Labels {
        Labels::from([("of".to_owned(), value.to_owned())])
    }

    fn text(series: &Series) -> String {
        let mut families = Families::default();
        series.write(&mut families, |_| "Help");
        families.text()
    }

    #[test]
    fn labels_that_never_end_do_not_take_memory_that_never_ends() {
        let mut series = Series::new(3);
        for n in 0..100 {
            series.count("a_total", labels(&n.to_string()), 1.0);
        }
        for _ in 0..2 {
            series.count("a_total", labels("2"), 1.0);
            series.observe("b_seconds", labels("2"), &[1.0]);
        }
        let text = text(&series);
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(lines, ["a_total{of=\"0\"} 1", "a_total{of=\"1\"} 1", "a_total{of=\"2\"} 3"]);
    }

    #[test]
    fn a_name_stays_of_its_first_kind() {
        let mut series = Series::new(10);
        series.count("a", labels("1"), 2.0);
        series.observe("a", labels("1"), &[1.0]);
        series.peak("a", labels("2"), 1.0);
        assert_eq!(text(&series), "# HELP a Help\n# TYPE a counter\na{of=\"1\"} 2\n");
    }

    #[test]
    fn a_duration_of_a_bound_is_counted_below_it() {
        let mut series = Series::new(1);
        series.observe("a_seconds", Labels::new(), &[0.001, 0.0011, 30.0, 31.0]);
        let text = text(&series);
        for line in ["{le=\"0.001\"} 1", "{le=\"0.0025\"} 2", "{le=\"10\"} 2", "{le=\"30\"} 3", "{le=\"+Inf\"} 4"] {
            assert!(text.contains(line), "{line}: {text}");
        }
    }
}
