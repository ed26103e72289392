use std::collections::BTreeMap;
use std::error::Error as _;
use std::time::Duration;

use kafka::{GroupWatch, KafkaSettings, LagError, Progress};
use time::OffsetDateTime;

use super::verdict::Unread;

/// For so long is waited for an answer of Kafka.
const ANSWER: Duration = Duration::from_secs(5);

/// Groups of consumers, and how far their topics went when that was first asked. What is sent later may be of somebody else.
#[derive(Default)]
pub struct Groups(Vec<Watched>);

struct Watched {
    topic: String,
    group: String,
    watch: GroupWatch,
    /// By partition.
    ends: Option<BTreeMap<i32, i64>>,
}

impl Groups {
    /// The groups of these pairs of a topic and a group.
    #[must_use]
    pub fn new(kafka: &KafkaSettings, pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let watched = |(topic, group): (String, String)| {
            let watch = GroupWatch::new(kafka, &group, &topic, ANSWER);
            Watched { topic, group, watch, ends: None }
        };
        Self(pairs.into_iter().map(watched).collect())
    }

    /// Those that have not come so far.
    pub(super) async fn unread(&mut self) -> Vec<Unread> {
        let mut unread = Vec::new();
        for watched in &mut self.0 {
            unread.extend(watched.unread().await);
        }
        unread
    }
}

impl Watched {
    async fn unread(&mut self) -> Option<Unread> {
        // Which records are recent is of no interest here.
        let (left, error) = match self.watch.progress(OffsetDateTime::UNIX_EPOCH).await {
            Ok(progress) => {
                let ends = || progress.iter().map(|of| (of.partition, of.end)).collect();
                (left(self.ends.get_or_insert_with(ends), &progress), None)
            }
            Err(error) => (0, Some(reason(&error))),
        };
        let is_read = left == 0 && error.is_none();
        (!is_read).then(|| Unread { group: self.group.clone(), topic: self.topic.clone(), left, error })
    }
}

fn reason(error: &LagError) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

/// How many offsets before these ends are left to a group. A topic that was made anew ends where it does now.
fn left(ends: &BTreeMap<i32, i64>, progress: &[Progress]) -> u64 {
    let of_partition = |progress: &Progress| {
        let end = ends.get(&progress.partition).map_or(0, |end| progress.end.min(*end));
        end.saturating_sub(progress.next()).max(0).unsigned_abs()
    };
    progress.iter().map(of_partition).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_there_at_first_is_left_to_a_group() {
        let ends = BTreeMap::from([(0, 10), (1, 4)]);
        let of = |partition, committed, end| Progress { partition, low: 0, end, committed, recent: end };
        for (progress, expected, why) in [
            ([of(0, Some(10), 10), of(1, Some(4), 4)], 0, "all is done"),
            ([of(0, Some(7), 10), of(1, None, 4)], 7, "three of one, and all of the other"),
            ([of(0, Some(10), 90), of(1, Some(5), 70)], 0, "what came later does not count"),
            ([of(0, None, 3), of(1, Some(4), 4)], 3, "the topic was made anew"),
            ([of(2, None, 9), of(1, Some(4), 4)], 0, "a partition that was added later"),
        ] {
            assert_eq!(left(&ends, &progress), expected, "{why}");
        }
    }
}
