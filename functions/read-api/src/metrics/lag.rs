//! How far consumer groups have come.

use std::collections::BTreeMap;

use exposition::Families;
use store::figures::ConsumerFailure;
use time::OffsetDateTime;

use super::number;
use crate::groups::{Come, Group};
use crate::health::judge;

/// Lag and committed offset of each group's partitions, and where their topics end.
pub(super) fn write(families: &mut Families, groups: &[Group], come: &[Come]) {
    let mut ends = BTreeMap::new();
    for (group, progress) in groups.iter().zip(come).filter_map(|(group, come)| Some((group, come.as_ref().ok()?))) {
        for of in progress {
            let partition = of.partition.to_string();
            let names = [&*group.consumer, &group.name, &group.topic, &partition];
            let labels: Vec<_> = ["consumer", "group", "topic", "partition"].into_iter().zip(names).collect();
            let help = "Records of the partition that the group has not passed.";
            families.gauge("consumer_group_lag_records", help, &labels, number(of.lag().cast_signed()));
            if let Some(committed) = of.committed {
                let help = "Where the group goes on.";
                families.gauge("consumer_group_committed_offset", help, &labels, number(committed));
            }
            // Of two groups that were asked at once, whoever was answered later.
            let end: &mut i64 = ends.entry((group.topic.as_str(), of.partition)).or_default();
            *end = of.end.max(*end);
        }
    }
    for ((topic, partition), end) in ends {
        let labels = [("topic", topic), ("partition", &*partition.to_string())];
        families.gauge("kafka_log_end_offset", "The offset behind the last record.", &labels, number(end));
    }
}

/// Whether the circuit breaker holds a group up.
pub(super) fn breakers(
    families: &mut Families,
    groups: &[Group],
    come: &[Come],
    failures: &[ConsumerFailure],
    now: OffsetDateTime,
) {
    for (group, progress) in groups.iter().zip(come).filter_map(|(group, come)| Some((group, come.as_ref().ok()?))) {
        let is_open = judge::failing(group, progress, failures, now).is_some_and(judge::is_breaker);
        let labels = [("consumer", &*group.consumer), ("topic", &*group.topic)];
        let help = "Whether the circuit breaker refuses a batch that the group has not passed.";
        families.gauge("consumer_breaker_open", help, &labels, f64::from(u8::from(is_open)));
    }
}
