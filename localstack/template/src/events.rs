//! What triggers a function: `HttpApi`, `MSK` and `Schedule`.

use std::time::Duration;

use crate::error::Refusal;
use crate::parameters::Parameters;
use crate::properties::Node;
use crate::{Function, Mapping, Route, Schedule, StartingPosition};

/// With any of these Lambda gives up on records that failed, and goes on behind them.
const GIVES_UP: &[&str] = &[
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "FunctionResponseTypes",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
];

/// Adds one entry of a function's `Events`.
pub(crate) fn read(
    function: &mut Function,
    name: &str,
    event: &Node<'_>,
    parameters: &Parameters,
) -> Result<(), Refusal> {
    let parts = event.properties(&["Type", "Properties"], &[])?;
    let properties = parts.required("Properties")?;
    let logical_id = format!("{}{name}", function.logical_id);
    let kind = parts.required("Type")?;
    match parameters.text(kind)?.as_str() {
        "HttpApi" => function.routes.push(route(properties, parameters)?),
        "MSK" => function.mappings.push(mapping(logical_id, properties, parameters)?),
        "Schedule" => function.schedules.push(schedule(logical_id, properties, parameters)?),
        other => return kind.refuse(format!("the local tools do not know events of type `{other}`")),
    }
    Ok(())
}

fn route(properties: &Node<'_>, parameters: &Parameters) -> Result<Route, Refusal> {
    let route = properties.properties(&["Method", "Path"], &["ApiId"])?;
    let path = route.required("Path")?;
    let text = parameters.text(path)?;
    if !text.starts_with('/') {
        return path.refuse("must begin with a slash");
    }
    Ok(Route { method: parameters.text(route.required("Method")?)?.to_uppercase(), path: text })
}

fn mapping(logical_id: String, properties: &Node<'_>, parameters: &Parameters) -> Result<Mapping, Refusal> {
    for (name, node) in properties.entries()? {
        if GIVES_UP.contains(&name) {
            return node.refuse(
                "a batch commits whole or its invocation fails: with this, Lambda would step over records during an \
                 outage, out of order; leave it out",
            );
        }
    }
    let mapping = properties.properties(
        &["Topics", "ConsumerGroupId", "StartingPosition", "BatchSize", "MaximumBatchingWindowInSeconds", "Enabled"],
        // Which cluster, and how to log in: locally there is one, without a login.
        &["Stream", "SourceAccessConfigurations"],
    )?;
    let topics = mapping.required("Topics")?;
    let [topic] = topics.items()?.try_into().or_else(|_| topics.refuse("must name exactly one topic"))?;
    let number = |name, default, bounds| mapping.get(name).map_or(Ok(default), |node| parameters.number(node, bounds));
    Ok(Mapping {
        logical_id,
        topic: parameters.text(&topic)?,
        consumer_group: parameters.text(mapping.required("ConsumerGroupId")?)?,
        batch_size: number("BatchSize", 100, 1..=10_000)?,
        window: match mapping.get("MaximumBatchingWindowInSeconds") {
            Some(node) => Duration::from_secs(parameters.number(node, 0..=300)?),
            None => Duration::from_millis(500),
        },
        starting_position: starting_position(mapping.required("StartingPosition")?, parameters)?,
        enabled: mapping.get("Enabled").map_or(Ok(true), |node| parameters.flag(node))?,
    })
}

fn starting_position(node: &Node<'_>, parameters: &Parameters) -> Result<StartingPosition, Refusal> {
    match parameters.text(node)?.as_str() {
        "TRIM_HORIZON" => Ok(StartingPosition::TrimHorizon),
        "LATEST" => Ok(StartingPosition::Latest),
        other => node.refuse(format!("the local tools do not know the position `{other}`: use TRIM_HORIZON or LATEST")),
    }
}

fn schedule(logical_id: String, properties: &Node<'_>, parameters: &Parameters) -> Result<Schedule, Refusal> {
    let schedule = properties.properties(&["Schedule", "Input"], &["Description", "Name"])?;
    let node = schedule.required("Schedule")?;
    let text = parameters.text(node)?;
    let Some(every) = rate(&text) else {
        return node
            .refuse(format!("the local tools do not know the schedule `{text}`: use rate(1 minute) or the like"));
    };
    let input = schedule.get("Input").map(|node| parameters.text(node)).transpose()?;
    Ok(Schedule { logical_id, every, input })
}

/// The interval of `rate(1 minute)`, `rate(5 minutes)`, `rate(2 hours)`, `rate(1 day)`.
fn rate(text: &str) -> Option<Duration> {
    let (count, unit) = text.strip_prefix("rate(")?.strip_suffix(')')?.split_once(' ')?;
    let count: u64 = count.parse().ok().filter(|count| *count > 0)?;
    let minutes = match (unit, count) {
        ("minute", 1) | ("minutes", 2..) => 1,
        ("hour", 1) | ("hours", 2..) => 60,
        ("day", 1) | ("days", 2..) => 24 * 60,
        _ => return None,
    };
    Some(Duration::from_secs(count.checked_mul(minutes * 60)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_as_aws_reads_them() {
        assert_eq!(rate("rate(1 minute)"), Some(Duration::from_mins(1)));
        assert_eq!(rate("rate(5 minutes)"), Some(Duration::from_mins(5)));
        assert_eq!(rate("rate(2 hours)"), Some(Duration::from_hours(2)));
        for refused in [
            "rate(1 minutes)",
            "rate(2 minute)",
            "rate(0 minutes)",
            "cron(0 12 * * ? *)",
            "rate(1  minute)",
            "1 minute",
        ] {
            assert_eq!(rate(refused), None, "{refused}");
        }
    }
}
