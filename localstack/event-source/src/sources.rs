//! All that a template asks for.

use std::time::Duration;

use anyhow::bail;
use template::Template;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::{Config, EventSource, ScheduleConfig, Scheduler};

/// What invokes the functions of a template, by itself.
#[derive(Debug, Clone)]
pub struct Sources {
    /// Enabled mappings.
    pub mappings: Vec<Config>,
    /// Schedules.
    pub schedules: Vec<ScheduleConfig>,
}

impl Sources {
    /// All enabled mappings and schedules of the template.
    ///
    /// # Errors
    /// There is none.
    pub fn of(template: &Template, bootstrap: &str, endpoint: &str) -> anyhow::Result<Self> {
        let mut sources = Self { mappings: Vec::new(), schedules: Vec::new() };
        for function in &template.functions {
            let enabled = function.mappings.iter().filter(|mapping| mapping.enabled);
            sources.mappings.extend(enabled.map(|mapping| Config::new(function, mapping, bootstrap, endpoint)));
            let schedules = function.schedules.iter();
            sources.schedules.extend(schedules.map(|schedule| ScheduleConfig::new(function, schedule, endpoint)));
        }
        if sources.mappings.is_empty() && sources.schedules.is_empty() {
            bail!(
                "the template has no enabled mapping and no schedule: add an event of type MSK or Schedule to a function"
            );
        }
        Ok(sources)
    }

    /// Has what comes every minute or more often come at this interval instead: nobody wants to watch for a minute.
    pub fn tick_every(&mut self, interval: Duration) {
        for config in self.schedules.iter_mut().filter(|config| config.schedule.every <= Duration::from_mins(1)) {
            config.schedule.every = interval;
        }
    }

    /// Runs all of them until `stop` is true, or its sender is gone. Each ends by itself only when it can never work.
    #[must_use = "what is dropped stops at once"]
    pub fn start(self, stop: &watch::Receiver<bool>) -> JoinSet<anyhow::Result<()>> {
        let mut running = JoinSet::new();
        for config in self.mappings {
            let (mapping, topic, function) = (&config.mapping.logical_id, &config.mapping.topic, &config.function);
            tracing::info!(mapping, topic, function, "Polling Kafka");
            running.spawn(EventSource::run(config, stop.clone()));
        }
        for config in self.schedules {
            let (schedule, function) = (&config.schedule.logical_id, &config.function);
            let every_seconds = config.schedule.every.as_secs_f64();
            tracing::info!(schedule, function, every_seconds, "Invoking on a schedule");
            running.spawn(Scheduler::run(config, stop.clone()));
        }
        running
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(events: &str) -> Template {
        Template::parse(&format!(
            "\
Transform: AWS::Serverless-2016-10-31
Resources:
  Topic:
    Type: AWS::MSK::Topic
    Properties:
      TopicName: a.topic
      PartitionCount: 2
      ReplicationFactor: 3
  Consumer:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: consumer
      Timeout: 20
      Events:
{events}"
        ))
        .unwrap()
    }

    const MAPPING: &str = "        Records:
          Type: MSK
          Properties:
            Topics: [a.topic]
            ConsumerGroupId: a-group
            StartingPosition: TRIM_HORIZON
";
    const SCHEDULE: &str = "        Tick:
          Type: Schedule
          Properties: {Schedule: rate(1 minute)}
";

    #[test]
    fn a_mapping_is_run_with_its_functions_time_limit() {
        let sources = Sources::of(&template(MAPPING), "kafka:9092", "http://lambda:9000/").unwrap();
        let seen: Vec<_> = sources.mappings.iter().map(|each| (&*each.function, &*each.mapping.topic)).collect();
        assert_eq!(seen, [("consumer", "a.topic")]);
        let mapping = &sources.mappings[0];
        assert_eq!(mapping.endpoint, "http://lambda:9000");
        assert_eq!(mapping.drain, Duration::from_secs(20));
        assert!(mapping.poll_limit() > mapping.function_timeout);
    }

    #[test]
    fn a_schedule_is_run_beside_a_mapping_and_without_one() {
        for events in [format!("{MAPPING}{SCHEDULE}"), SCHEDULE.to_owned()] {
            let sources = Sources::of(&template(&events), "kafka:9092", "http://lambda:9000/").unwrap();
            let [tick] = sources.schedules.as_slice() else { panic!("{:?}", sources.schedules) };
            assert_eq!((&*tick.function, &*tick.schedule.logical_id), ("consumer", "ConsumerTick"));
            assert_eq!(tick.endpoint, "http://lambda:9000");
            assert_eq!((tick.schedule.every, tick.drain), (Duration::from_mins(1), Duration::from_secs(20)));
            assert!(tick.first < Duration::from_secs(5), "a session sees it early");
        }
    }

    #[test]
    fn what_comes_every_minute_is_hurried_and_what_comes_every_hour_is_not() {
        let events = format!("{SCHEDULE}{}", SCHEDULE.replace("Tick", "Chore").replace("1 minute", "1 hour"));
        let mut sources = Sources::of(&template(&events), "kafka:9092", "http://lambda:9000/").unwrap();
        sources.tick_every(Duration::from_secs(1));
        let every: Vec<_> = sources.schedules.iter().map(|config| config.schedule.every).collect();
        assert_eq!(every, [Duration::from_secs(1), Duration::from_hours(1)]);
    }

    #[test]
    fn a_template_that_invokes_nothing_is_refused() {
        let disabled = format!("{MAPPING}            Enabled: false\n");
        let error = Sources::of(&template(&disabled), "", "").unwrap_err().to_string();
        assert!(error.contains("no enabled mapping and no schedule"), "{error}");
    }
}
