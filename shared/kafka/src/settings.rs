use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use settings::{Environment, SettingError};

/// How to reach Kafka and how to publish, from the environment. README lists each variable with its reason.
#[derive(Debug, Clone)]
pub struct KafkaSettings {
    /// `KAFKA_MESSAGE_TIMEOUT_MS`: how long a record may take until it is acknowledged, retries included.
    pub message_timeout: Duration,
    /// `KAFKA_OUTAGE_AFTER`: after how many failures in a row the broker counts as away.
    pub outage_after: u32,
    /// `KAFKA_PROBE_INTERVAL_MS`: how often a broker that is away is asked whether it is back.
    pub probe_interval: Duration,
    client: ClientConfig,
}

/// librdkafka's names of what is passed on as it is, with our variable and default.
const PASSED_ON: [(&str, &str, &str); 7] = [
    ("security.protocol", "KAFKA_SECURITY_PROTOCOL", "PLAINTEXT"),
    ("acks", "KAFKA_ACKS", "all"),
    ("retries", "KAFKA_RETRIES", "2147483647"),
    ("batch.size", "KAFKA_BATCH_SIZE", "1000000"),
    ("linger.ms", "KAFKA_LINGER_MS", "0"),
    ("compression.type", "KAFKA_COMPRESSION", "none"),
    ("queue.buffering.max.messages", "KAFKA_QUEUE_MESSAGES", "100000"),
];

/// The same for what has no default.
const PASSED_ON_IF_SET: [(&str, &str); 4] = [
    ("sasl.mechanism", "KAFKA_SASL_MECHANISM"),
    ("sasl.username", "KAFKA_SASL_USERNAME"),
    ("sasl.password", "KAFKA_SASL_PASSWORD"),
    ("ssl.ca.location", "KAFKA_SSL_CA_LOCATION"),
];

/// The same for what is read here too.
const OTHERS: [(&str, &str); 2] =
    [("bootstrap.servers", "KAFKA_BOOTSTRAP_SERVERS"), ("message.timeout.ms", "KAFKA_MESSAGE_TIMEOUT_MS")];

/// What is not for setting: what the promise rests on, and what a frozen environment needs.
const FIXED: [(&str, &str); 9] = [
    ("client.id", "onceward"),
    // The Java clients' default: a mixed fleet must send a key to the same partition.
    ("partitioner", "murmur2_random"),
    // One message a request: nothing in flight that could overtake it, and a slow first acknowledgement without it.
    ("enable.idempotence", "false"),
    ("socket.nagle.disable", "true"),
    ("socket.keepalive.enable", "true"),
    ("socket.connection.setup.timeout.ms", "5000"),
    // Sooner than the broker's ten minutes, so that a thawed environment does not write to a dead connection.
    ("connections.max.idle.ms", "180000"),
    ("reconnect.backoff.max.ms", "1000"),
    ("log.connection.close", "false"),
];

/// librdkafka's names of what is needed to reach Kafka, whatever for.
const REACHING: [&str; 9] = [
    "bootstrap.servers",
    "security.protocol",
    "client.id",
    "socket.nagle.disable",
    "socket.keepalive.enable",
    "socket.connection.setup.timeout.ms",
    "connections.max.idle.ms",
    "reconnect.backoff.max.ms",
    "log.connection.close",
];

/// Has librdkafka read the values, and names the variable of one that it refuses.
fn check(client: &ClientConfig) -> Result<(), SettingError> {
    let Err(error) = client.create_native_config() else { return Ok(()) };
    let KafkaError::ClientConfig(_, reason, name, _) = error else {
        return Err(SettingError::Invalid { name: "KAFKA_*".to_owned(), reason: error.to_string() });
    };
    let variables = PASSED_ON.iter().map(|(name, variable, _)| (*name, *variable)).chain(PASSED_ON_IF_SET);
    let variable =
        variables.chain(OTHERS).find(|(passed, _)| *passed == name).map_or("KAFKA_*", |(_, variable)| variable);
    Err(SettingError::Invalid { name: variable.to_owned(), reason })
}

impl KafkaSettings {
    /// Reads the variables, as librdkafka would.
    pub fn read(environment: &Environment) -> Result<Self, SettingError> {
        let message_timeout_ms = environment.parsed("KAFKA_MESSAGE_TIMEOUT_MS", 1500_u32)?;
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", environment.required("KAFKA_BOOTSTRAP_SERVERS")?);
        client.set("message.timeout.ms", message_timeout_ms.to_string());
        client.set("request.timeout.ms", message_timeout_ms.to_string());
        for (name, value) in FIXED {
            client.set(name, value);
        }
        for (name, variable, default) in PASSED_ON {
            client.set(name, environment.optional(variable).unwrap_or(default));
        }
        for (name, variable) in PASSED_ON_IF_SET {
            if let Some(value) = environment.optional(variable) {
                client.set(name, value);
            }
        }
        check(&client)?;
        Ok(Self {
            message_timeout: Duration::from_millis(message_timeout_ms.into()),
            outage_after: environment.parsed("KAFKA_OUTAGE_AFTER", 3)?,
            probe_interval: Duration::from_millis(environment.parsed("KAFKA_PROBE_INTERVAL_MS", 1000)?),
            client,
        })
    }

    pub(crate) fn client(&self) -> &ClientConfig {
        &self.client
    }

    /// For reading: how to reach Kafka, and nothing that is about publishing.
    pub(crate) fn reader(&self) -> ClientConfig {
        let mut reader = ClientConfig::new();
        let passed_on = REACHING.into_iter().chain(PASSED_ON_IF_SET.map(|(name, _)| name));
        for (name, value) in passed_on.filter_map(|name| Some((name, self.client.get(name)?))) {
            reader.set(name, value);
        }
        // librdkafka wants a group, which nothing joins.
        reader
            .set("group.id", "onceward-reader")
            .set("enable.auto.commit", "false")
            // What is not there any more is an error, and not a reason to go on somewhere else.
            .set("auto.offset.reset", "error")
            .set("enable.partition.eof", "true");
        reader
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_promise_rests_on_is_set_whatever_the_environment_says() {
        let environment = Environment::from_iter([
            ("KAFKA_BOOTSTRAP_SERVERS", "b:9092"),
            ("KAFKA_ACKS", "1"),
            ("partitioner", "random"),
        ]);
        let settings = KafkaSettings::read(&environment).unwrap();
        assert_eq!(settings.client().get("partitioner"), Some("murmur2_random"));
        assert_eq!(settings.client().get("acks"), Some("1"));
        assert_eq!(settings.client().get("linger.ms"), Some("0"));
        assert_eq!(settings.client().get("sasl.username"), None);
    }

    #[test]
    fn a_value_that_librdkafka_refuses_is_named_by_its_variable() {
        for (variable, value) in
            [("KAFKA_COMPRESSION", "foo"), ("KAFKA_ACKS", "some"), ("KAFKA_SECURITY_PROTOCOL", "TLS")]
        {
            let environment = Environment::from_iter([("KAFKA_BOOTSTRAP_SERVERS", "b:9092"), (variable, value)]);
            let error = KafkaSettings::read(&environment).unwrap_err();
            assert!(error.to_string().starts_with(variable), "{error}");
        }
    }

    #[test]
    fn a_reader_reaches_kafka_as_a_publisher_does_and_hears_nothing_about_publishing() {
        let environment = Environment::from_iter([
            ("KAFKA_BOOTSTRAP_SERVERS", "b:9092"),
            ("KAFKA_SECURITY_PROTOCOL", "SASL_SSL"),
            ("KAFKA_SASL_PASSWORD", "secret"),
        ]);
        let reader = KafkaSettings::read(&environment).unwrap().reader();
        for (name, value) in
            [("bootstrap.servers", "b:9092"), ("security.protocol", "SASL_SSL"), ("sasl.password", "secret")]
        {
            assert_eq!(reader.get(name), Some(value));
        }
        assert_eq!(
            (reader.get("acks"), reader.get("message.timeout.ms"), reader.get("partitioner")),
            (None, None, None)
        );
    }

    #[test]
    fn a_missing_broker_list_is_named() {
        let error = KafkaSettings::read(&Environment::default()).unwrap_err();
        assert!(error.to_string().contains("KAFKA_BOOTSTRAP_SERVERS"), "{error}");
    }
}
