mod broker;
mod intake;

use settings::Environment;

use crate::Parcel;

use broker::Broker;
use intake::Intake;

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Kafka has it.
    Acknowledged,
    /// It was not taken, and Kafka does not have it, for this reason.
    Refused(String),
    /// Nobody knows whether it has arrived, for this reason.
    Unknown(String),
}

/// How records come to Kafka.
pub enum Way {
    /// Straight to the topics, as any other producer writes them.
    Kafka(Box<Broker>),
    /// Through `events-api`, which takes events alone.
    Http(Intake),
}

impl Way {
    /// Straight to the broker and the topics of the environment.
    pub fn kafka(environment: &Environment) -> anyhow::Result<Self> {
        Broker::start(environment).map(Box::new).map(Self::Kafka)
    }

    /// Through the functions that are served there, with an API key that may send all events of `/producer`.
    pub fn http(base: &str, key: &str) -> anyhow::Result<Self> {
        Intake::new(base, key).map(Self::Http)
    }

    /// Who takes the records.
    #[must_use]
    pub fn whom(&self) -> &'static str {
        match self {
            Self::Kafka(_) => "Kafka",
            Self::Http(_) => "events-api",
        }
    }

    /// Sends these in their order, and says of each what became of it. Of what follows an unknown one of its key none is acknowledged.
    pub async fn send(&self, parcels: &[&Parcel]) -> anyhow::Result<Vec<Answer>> {
        match self {
            Self::Kafka(broker) => Ok(broker.send(parcels).await),
            Self::Http(intake) => intake.send(parcels).await,
        }
    }
}
