//! What one mapping is run with.

use std::time::Duration;

use anyhow::bail;
use template::{Function, Mapping, Template};

/// The largest payload of an invocation, in bytes: Lambda's limit for synchronous invocations.
pub(crate) const PAYLOAD_LIMIT: usize = 6 * 1024 * 1024;

/// How long a failed batch waits before it is sent again: twice as long after each failure, up to a limit.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// The wait after the first failure.
    pub first: Duration,
    /// The longest wait.
    pub cap: Duration,
}

impl Backoff {
    /// The wait after the given attempt, the first being 1, where `jitter` from 0 to 1 takes off up to half of it.
    pub(crate) fn after(self, attempt: u32, jitter: f64) -> Duration {
        let doublings = attempt.saturating_sub(1).min(30);
        let full = self.first.saturating_mul(1 << doublings).min(self.cap);
        full.mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 2.0)
    }
}

/// What one mapping is run with; [`Config::new`] has the defaults.
#[derive(Debug, Clone)]
pub struct Config {
    /// The mapping, as the template has it.
    pub mapping: Mapping,
    /// The name of the function that it invokes.
    pub function: String,
    /// The longest that the function may run.
    pub function_timeout: Duration,
    /// Kafka's bootstrap servers, separated by commas.
    pub bootstrap: String,
    /// Where the Invoke API is served: `http://127.0.0.1:9000`.
    pub endpoint: String,
    /// How long a failed batch waits.
    pub backoff: Backoff,
    /// After how long without a heartbeat the group takes this member for dead: 6 to 300 s by a broker's defaults.
    pub session_timeout: Duration,
    /// The time that a running invocation gets to finish at the stop.
    pub drain: Duration,
}

impl Config {
    /// A mapping with the defaults: back-off from 100 ms to 30 s, a session of 6 s, and at the stop as long as the
    /// function may run.
    #[must_use]
    pub fn new(function: &Function, mapping: &Mapping, bootstrap: &str, endpoint: &str) -> Self {
        Self {
            mapping: mapping.clone(),
            function: function.name.clone(),
            function_timeout: function.timeout,
            bootstrap: bootstrap.to_owned(),
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            backoff: Backoff { first: Duration::from_millis(100), cap: Duration::from_secs(30) },
            session_timeout: Duration::from_secs(6),
            drain: function.timeout,
        }
    }

    /// The longest that an invocation is waited for. It is longer than the function's own limit, for the time that an
    /// invocation waits for its turn and that a function takes to start.
    pub(crate) fn invoke_limit(&self) -> Duration {
        self.function_timeout + Duration::from_secs(30)
    }

    /// The longest time between two polls: polls rest while an invocation runs.
    pub(crate) fn poll_limit(&self) -> Duration {
        self.invoke_limit() + Duration::from_mins(1)
    }
}

/// One configuration for each enabled mapping of the template.
///
/// # Errors
/// The template has a schedule, which is not served yet, or no enabled mapping.
pub fn configs_of(template: &Template, bootstrap: &str, endpoint: &str) -> anyhow::Result<Vec<Config>> {
    let mut configs = Vec::new();
    for function in &template.functions {
        if let Some(schedule) = function.schedules.first() {
            bail!(
                "schedule {} of function {} is not supported: the local event source fires no schedules",
                schedule.logical_id,
                function.name
            );
        }
        let enabled = function.mappings.iter().filter(|mapping| mapping.enabled);
        configs.extend(enabled.map(|mapping| Config::new(function, mapping, bootstrap, endpoint)));
    }
    if configs.is_empty() {
        bail!("the template has no enabled mapping: add an event of type MSK to a function");
    }
    Ok(configs)
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

    #[test]
    fn a_mapping_is_run_with_its_functions_time_limit() {
        let configs = configs_of(&template(MAPPING), "kafka:9092", "http://lambda:9000/").unwrap();
        let seen: Vec<_> = configs.iter().map(|config| (&*config.function, &*config.mapping.topic)).collect();
        assert_eq!(seen, [("consumer", "a.topic")]);
        assert_eq!(configs[0].endpoint, "http://lambda:9000");
        assert!(configs[0].invoke_limit() > Duration::from_secs(20));
        assert!(configs[0].poll_limit() > configs[0].invoke_limit());
    }

    #[test]
    fn a_schedule_is_refused_by_name() {
        let schedule = "        Tick:\n          Type: Schedule\n          Properties: {Schedule: rate(1 minute)}\n";
        let error = configs_of(&template(&format!("{MAPPING}{schedule}")), "", "").unwrap_err().to_string();
        assert!(error.contains("schedule") && error.contains("Tick") && error.contains("function consumer"), "{error}");
    }

    #[test]
    fn a_template_without_an_enabled_mapping_is_refused() {
        let disabled = format!("{MAPPING}            Enabled: false\n");
        let error = configs_of(&template(&disabled), "", "").unwrap_err().to_string();
        assert!(error.contains("no enabled mapping"), "{error}");
    }

    #[test]
    fn waits_double_up_to_the_cap_and_jitter_takes_off_at_most_half() {
        let backoff = Backoff { first: Duration::from_millis(100), cap: Duration::from_secs(30) };
        let waits = [1, 2, 3, 9, 10, u32::MAX].map(|attempt| backoff.after(attempt, 0.0).as_millis());
        assert_eq!(waits, [100, 200, 400, 25_600, 30_000, 30_000]);
        assert_eq!(backoff.after(1, 1.0).as_millis(), 50);
        assert_eq!(backoff.after(u32::MAX, 1.0).as_millis(), 15_000);
    }
}
