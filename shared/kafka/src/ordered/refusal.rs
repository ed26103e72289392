use std::fmt;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// Why the broker will not take a record as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What it said.
    pub reason: String,
    /// Whether the record is larger than its topic takes.
    pub is_too_large: bool,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self { reason, is_too_large: false }
    }
}

impl From<&KafkaError> for Refusal {
    fn from(error: &KafkaError) -> Self {
        let is_too_large = error.rdkafka_error_code() == Some(RDKafkaErrorCode::MessageSizeTooLarge);
        Self { reason: error.to_string(), is_too_large }
    }
}

/// Whether the verdict is about the record (or its topic), so that sending it again changes nothing. librdkafka sends again
/// whatever may pass, and a run purges what takes too long: any other verdict of a broker is final.
pub(super) fn is_refusal(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    let Some(code) = error.rdkafka_error_code() else { return false };
    match code {
        Code::MessageSizeTooLarge | Code::UnknownTopic | Code::UnknownPartition | Code::InvalidArgument => true,
        // Of the broker, and not of one who may not do what it asks for whatever the record is.
        Code::ClusterAuthorizationFailed
        | Code::SaslAuthenticationFailed
        | Code::UnsupportedVersion
        | Code::InvalidRequiredAcks
        | Code::LeaderNotAvailable
        | Code::NotLeaderForPartition
        | Code::RequestTimedOut
        | Code::BrokerNotAvailable
        | Code::ReplicaNotAvailable
        | Code::NetworkException
        | Code::NotEnoughReplicas
        | Code::NotEnoughReplicasAfterAppend
        | Code::KafkaStorageError
        | Code::ThrottlingQuotaExceeded
        | Code::OutOfOrderSequenceNumber
        | Code::DuplicateSequenceNumber
        | Code::InvalidProducerEpoch
        | Code::UnknownProducerId => false,
        code => (code as i32) > 0,
    }
}

/// Whether the producer takes nothing any more: after a refusal that left a gap, or because it may not be idempotent. Either way
/// one without idempotence, with one record of a key on its way, can go on.
pub(super) fn stops_the_producer(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{Fatal, GaplessGuarantee};
    error.rdkafka_error_code().is_some_and(|code| matches!(code, Fatal | GaplessGuarantee))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: RDKafkaErrorCode) -> bool {
        is_refusal(&KafkaError::MessageProduction(code))
    }

    #[test]
    fn what_a_broker_says_of_a_record_is_a_refusal_and_what_it_says_of_itself_is_none() {
        use RDKafkaErrorCode as Code;
        for code in [Code::MessageSizeTooLarge, Code::InvalidRecord, Code::PolicyViolation, Code::InvalidTopic] {
            assert!(refused(code), "{code:?}");
        }
        for code in [Code::PurgeQueue, Code::Fatal, Code::MessageTimedOut, Code::NotEnoughReplicas, Code::QueueFull] {
            assert!(!refused(code), "{code:?}");
        }
    }
}
