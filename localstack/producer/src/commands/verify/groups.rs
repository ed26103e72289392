use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, bail};
use kafka::KafkaSettings;
use template::Template;

use super::Session;
use crate::Content;
use crate::verify::Groups;

/// Of each mapping `consumer:topic:group`, where it is not as in the template.
const VARIABLE: &str = "CONSUMER_GROUPS";
/// Those of whose work the tables that are compared are.
const CONSUMERS: [&str; 2] = ["event-fanout", "order-consumer"];

/// The groups that read what the journal's records were sent to.
pub(super) fn of_journal(session: &Session, content: &Content) -> anyhow::Result<Groups> {
    let environment = &session.environment;
    let topics = content.records.iter().map(|(parcel, _)| parcel.topic);
    let topics = topics.map(|topic| environment.optional(topic.variable()).unwrap_or(topic.default_name()));
    let groups = match environment.optional(VARIABLE) {
        Some(text) => listed(text)?,
        None => of_template(&session.settings.root)?,
    };
    let pairs = reading(&groups, &topics.collect())?;
    Ok(Groups::new(&KafkaSettings::read(environment)?, pairs))
}

/// Consumer, topic and group.
type Group = [String; 3];

fn listed(text: &str) -> anyhow::Result<Vec<Group>> {
    let group = |text: &str| {
        let parts: Vec<String> = text.split(':').map(str::to_owned).collect();
        Group::try_from(parts).ok().with_context(|| format!("{VARIABLE} has {text}, which is no consumer:topic:group"))
    };
    text.split_whitespace().map(group).collect()
}

fn of_template(root: &Path) -> anyhow::Result<Vec<Group>> {
    let mut groups = Vec::new();
    for function in Template::read(&root.join("infra/template.yaml"))?.functions {
        let of = |mapping: template::Mapping| [function.name.clone(), mapping.topic, mapping.consumer_group];
        groups.extend(function.mappings.into_iter().map(of));
    }
    Ok(groups)
}

/// The pairs of topic and group of the consumers, for each of these topics.
fn reading(groups: &[Group], topics: &BTreeSet<&str>) -> anyhow::Result<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    for topic in topics {
        let of = groups.iter().filter(|[consumer, of, _]| CONSUMERS.contains(&consumer.as_str()) && of == topic);
        let before = pairs.len();
        pairs.extend(of.map(|[_, topic, group]| (topic.clone(), group.clone())));
        if pairs.len() == before {
            bail!("no group of {} reads {topic}: name it in {VARIABLE}", CONSUMERS.join(" or "));
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str, topics: &[&str]) -> anyhow::Result<Vec<(String, String)>> {
        reading(&listed(text)?, &topics.iter().copied().collect())
    }

    #[test]
    fn of_all_groups_those_count_whose_consumers_read_the_topics() {
        let text = "click-consumer:a:g-1 event-fanout:a:g-2\n event-fanout:b:g-3 order-consumer:c:g-4";
        let expected = [("a", "g-2"), ("c", "g-4")].map(|(topic, group)| (topic.to_owned(), group.to_owned()));
        assert_eq!(pairs(text, &["a", "c"]).unwrap(), expected);
    }

    #[test]
    fn a_list_that_is_none_and_a_topic_that_nobody_reads_are_errors() {
        assert!(pairs("event-fanout:a", &["a"]).unwrap_err().to_string().contains("no consumer:topic:group"));
        let error = pairs("click-consumer:a:g event-fanout:b:g", &["a"]).unwrap_err();
        assert_eq!(error.to_string(), "no group of event-fanout or order-consumer reads a: name it in CONSUMER_GROUPS");
    }

    #[test]
    fn the_template_has_a_group_for_each_topic_of_a_shop() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let pairs = reading(&of_template(&root).unwrap(), &BTreeSet::from(["user.events", "order.events"])).unwrap();
        assert_eq!(pairs.len(), 2);
    }
}
