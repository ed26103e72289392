//! An hour of all functions.

use template::{Function, Mapping, Schedule, Template};

use crate::arguments::{Conditions, Load};
use crate::figures::Figures;
use crate::trigger::{Batches, Invocations, Trigger, an_hour, slowdown, ticks};

/// How long the relay works of each minute where the template does not say: the default of its setting.
const RELAY_SECONDS: f64 = 55.0;
/// What an invocation by a schedule takes where nothing was measured.
const ASSUMED_MS: f64 = 1000.0;

/// What an hour has.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Hour {
    /// In the order of the template.
    pub(crate) invocations: Vec<Invocations>,
    /// What invokes functions and is not counted, because the load says nothing of it.
    pub(crate) left_out: Vec<String>,
}

/// What one function takes.
struct Account<'a> {
    function: &'a Function,
    figures: &'a Figures,
    conditions: &'a Conditions,
}

/// The hour of this load. An error names the figure that is missing.
pub(crate) fn hour(
    template: &Template,
    figures: &Figures,
    load: &Load,
    conditions: &Conditions,
) -> anyhow::Result<Hour> {
    let mut hour = Hour::default();
    for function in &template.functions {
        let account = Account { function, figures, conditions };
        if !function.routes.is_empty() {
            match requests(load, &function.name) {
                Some(requests) => hour.invocations.push(account.requests(requests)?),
                None => hour.left_out.push(format!("requests to {}", function.name)),
            }
        }
        for mapping in function.mappings.iter().filter(|mapping| mapping.enabled) {
            let partitions =
                template.topics.iter().find(|topic| topic.name == mapping.topic).map(|topic| topic.partitions);
            match records(load, &mapping.topic) {
                Some(records) => hour.invocations.push(account.batches(mapping, records, partitions)?),
                None => hour.left_out.push(format!("records of {}", mapping.topic)),
            }
        }
        for schedule in &function.schedules {
            hour.invocations.push(account.ticks(schedule)?);
        }
        if function.routes.is_empty() && function.mappings.is_empty() && function.schedules.is_empty() {
            hour.left_out.push(format!("{}, which nothing invokes", function.name));
        }
    }
    Ok(hour)
}

/// Requests a second to a function.
fn requests(load: &Load, function: &str) -> Option<f64> {
    match function {
        "redirect" => Some(load.redirects),
        "events-api" => Some(load.events + load.orders),
        "read-api" => Some(load.reads),
        "links-api" => Some(load.links),
        "discussions-api" => Some(load.discussions),
        "analytics-api" => Some(load.analytics),
        _ => None,
    }
}

/// Records a second on a topic.
fn records(load: &Load, topic: &str) -> Option<f64> {
    match topic {
        "link.clicks" => Some(load.redirects),
        "user.events" => Some(load.events),
        "order.events" => Some(load.orders),
        "discussion.events" => Some(load.discussions),
        _ => None,
    }
}

impl Account<'_> {
    fn requests(&self, requests_a_second: f64) -> anyhow::Result<Invocations> {
        let ms = self.figures.required(&self.named("duration_ms.mean"))?;
        Ok(self.invocations(Trigger::Http, an_hour(requests_a_second), self.billed(ms)))
    }

    fn batches(&self, mapping: &Mapping, records: f64, partitions: Option<i32>) -> anyhow::Result<Invocations> {
        let partitions = partitions.and_then(|partitions| u16::try_from(partitions).ok()).unwrap_or(u16::MAX);
        let pollers = self.conditions.pollers.min(partitions);
        let batches = Batches::of(records, mapping.window, mapping.batch_size, pollers);
        let (fixed, each) =
            (self.figures.required(&self.named("batch_ms.fixed"))?, self.figures.required(&self.named("record_ms"))?);
        let trigger = Trigger::Topic(mapping.topic.clone());
        Ok(self.invocations(trigger, batches.count, self.billed(fixed + batches.records * each)))
    }

    /// Of a consumer's tick it is known that it takes no longer than a batch without its records.
    fn ticks(&self, schedule: &Schedule) -> anyhow::Result<Invocations> {
        let (trigger, count) = (Trigger::Schedule(schedule.every), ticks(schedule.every));
        if self.function.name == "outbox-relay" {
            return Ok(self.invocations(trigger, count, (self.relay_seconds()? * 1e3).ceil()));
        }
        let measured = ["tick_ms.mean", "batch_ms.fixed", "duration_ms.mean"];
        let measured = measured.iter().find_map(|name| self.figures.optional(&self.named(name)));
        let billed = measured.map_or(ASSUMED_MS, |ms| self.billed(ms));
        Ok(Invocations { is_measured: measured.is_some(), ..self.invocations(trigger, count, billed) })
    }

    /// By the clock, whatever the processor.
    fn relay_seconds(&self) -> anyhow::Result<f64> {
        let seconds = self.function.environment.get("OUTBOX_RELAY_SECONDS");
        Ok(seconds.map(|seconds| seconds.parse()).transpose()?.unwrap_or(RELAY_SECONDS))
    }

    fn invocations(&self, trigger: Trigger, count: f64, billed_ms: f64) -> Invocations {
        let (function, memory_mb) = (self.function.name.clone(), self.function.memory_mb);
        Invocations { function, memory_mb, trigger, count, billed_ms, is_measured: true }
    }

    /// What is billed for something that took so long with a whole processor: milliseconds that were begun.
    fn billed(&self, ms: f64) -> f64 {
        let Conditions { processor_share, added_ms, .. } = self.conditions;
        let slower = 1.0 + processor_share * (slowdown(self.function.memory_mb) - 1.0);
        (ms * slower + added_ms).ceil()
    }

    fn named(&self, figure: &str) -> String {
        format!("{}.{figure}", self.function.name)
    }
}

#[cfg(test)]
mod tests;
