use std::time::Duration;

use events::Topic;
use events::intake::Accepted;
use kafka::Fate;
use metrics::Metric;

use crate::EventsApi;

/// Says in a line of each topic what publishing to it came to: how long it took until all events were acknowledged, those for other
/// topics of the request among them; or how many were not.
pub(crate) fn write(api: &EventsApi, accepted: &[Accepted], fates: &[Fate], took: Duration) {
    for topic in Topic::ALL {
        let fates = || accepted.iter().zip(fates).filter(|(sent, _)| sent.event.event_type().topic() == topic);
        let failures = fates().filter(|(_, fate)| **fate != Fate::Acknowledged).count();
        let figure = match failures {
            0 => Metric::seconds("publish_duration_seconds", took.as_secs_f64()),
            failures => Metric::count("publish_failures", failures as u64),
        };
        if fates().next().is_some() {
            let dimensions = [("function", "events-api"), ("topic", api.name_of(topic))];
            metrics::write((api.clock)(), &dimensions, &[figure]);
        }
    }
}
