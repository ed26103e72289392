//! What consumers have seen is remembered for longer than any topic can send it again.

use std::path::Path;

use housekeeper::INBOX_KEEP_DAYS;
use template::Template;

#[test]
fn no_topic_keeps_an_event_for_longer_than_the_inbox_remembers_it() {
    let template =
        Template::read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/template.yaml"))).unwrap();
    let housekeeper = template.functions.iter().find(|function| function.name == "housekeeper");
    let deployed = housekeeper.and_then(|function| function.environment.get("INBOX_KEEP_DAYS"));
    let deployed = deployed.map(|days| days.parse::<i64>().unwrap());
    // Locally the template's value counts, elsewhere perhaps the built-in one.
    let days = deployed.into_iter().chain([INBOX_KEEP_DAYS.get().into()]).min().unwrap();
    assert!(!template.topics.is_empty());
    for topic in &template.topics {
        let retention = topic.config.get("retention.ms").map(|text| text.parse::<i64>().unwrap());
        // -1: kept for ever, as a record to compare with; nothing consumes it.
        let Some(retention) = retention.filter(|retention| *retention >= 0) else {
            let consumed = template.functions.iter().flat_map(|function| &function.mappings);
            assert!(consumed.into_iter().all(|mapping| mapping.topic != topic.name), "{} is consumed", topic.name);
            continue;
        };
        let inbox = days * 24 * 60 * 60 * 1000;
        assert!(inbox > retention, "{} keeps {retention} ms, the inbox {inbox}: raise INBOX_KEEP_DAYS", topic.name);
    }
}
