//! The users and what they do: the same for the same seed.

use std::net::{IpAddr, Ipv4Addr};

use events::{AuthAction, AuthStatus, Data, Event, Text, UserAuth, UserId, UserRegistered, UserType, UserUpdated};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use time::OffsetDateTime;
use uuid::{Builder, Uuid};

use crate::payload::{Make, moments};
use crate::user_agents;

const SEED: u64 = 20_261_121;
const KINDS: [&str; 3] = ["student", "teacher", "guardian"];
const NAMES: [&str; 8] = ["Ada", "Björn", "Chiara", "Dmitri", "Emre", "Fatou", "Grace", "Hiroshi"];

/// Makes their events.
pub(super) struct People {
    random: StdRng,
    /// Whoever has registered.
    users: Vec<UserId>,
    agents: Vec<String>,
}

impl People {
    pub(super) fn new() -> Self {
        Self::seeded(SEED)
    }

    /// Others than with another seed.
    pub(super) fn seeded(seed: u64) -> Self {
        let agents = user_agents::all().into_iter().map(|(agent, _)| agent).collect();
        Self { random: StdRng::seed_from_u64(seed), users: Vec::new(), agents }
    }

    /// So many who register in the hour that begins at `start`.
    pub(super) fn register(&mut self, start: OffsetDateTime, count: u32) -> Vec<Event> {
        moments(start, count)
            .map(|at| {
                let registered = self.registered();
                self.event(at, registered)
            })
            .collect()
    }

    fn registered(&mut self) -> Data {
        let user_id: UserId = self.uuid().to_string().parse().expect("a UUID is a user id");
        self.users.push(user_id.clone());
        let (user_type, email) = (self.kind(), self.address());
        Data::UserRegistered(UserRegistered { user_id, user_type, email, display_name: Some(self.name()) })
    }

    /// Most change their name, some their address, a few what they are.
    fn updated(&mut self) -> Data {
        let (user_id, field) = (self.anyone(), self.random.random_range(0..10));
        let name = if field < 6 {
            "displayName"
        } else if field < 9 {
            "email"
        } else {
            "userType"
        };
        Data::UserUpdated(UserUpdated {
            user_id,
            updated_fields: vec![Text::new(name).expect("a short text")],
            user_type: (name == "userType").then(|| self.kind()),
            email: (name == "email").then(|| self.address()),
            display_name: (name == "displayName").then(|| self.name()),
        })
    }

    /// One in twenty fails.
    fn logged_in(&mut self) -> Data {
        let failed = self.random.random_ratio(1, 20);
        let agent = self.random.random_range(0..self.agents.len());
        Data::UserAuth(UserAuth {
            user_id: self.anyone(),
            action: AuthAction::Login,
            status: if failed { AuthStatus::Failure } else { AuthStatus::Success },
            ip_address: Some(IpAddr::V4(Ipv4Addr::from_bits(self.random.random()))),
            user_agent: Text::new(self.agents[agent].as_str()).ok(),
        })
    }

    fn anyone(&mut self) -> UserId {
        self.users[self.random.random_range(0..self.users.len())].clone()
    }

    fn kind(&mut self) -> UserType {
        Text::new(KINDS[self.random.random_range(0..KINDS.len())]).expect("a short text")
    }

    fn name(&mut self) -> Text<256> {
        let first = NAMES[self.random.random_range(0..NAMES.len())];
        Text::new(format!("{first} {:x}", self.random.random::<u32>())).expect("a short text")
    }

    /// One that nobody has.
    fn address(&mut self) -> events::Email {
        format!("{}@example.com", self.uuid().simple()).parse().expect("an address")
    }

    fn uuid(&mut self) -> Uuid {
        Builder::from_random_bytes(self.random.random()).into_uuid()
    }

    /// As `events-api` publishes them.
    fn event(&mut self, at: OffsetDateTime, data: Data) -> Event {
        let millis = u64::try_from(at.unix_timestamp_nanos() / 1_000_000).expect("a time after 1970");
        Event {
            id: Builder::from_unix_timestamp_millis(millis, &self.random.random()).into_uuid().into(),
            source: Text::new("/school/accounts").expect("a short text"),
            time: at,
            subject: Text::new(data.key()).ok(),
            sequence: None,
            correlation_id: Text::new(self.uuid().to_string()).ok(),
            causation_id: None,
            traceparent: None,
            data,
        }
    }
}

impl Make for People {
    /// One in ten registers, three update and six log in. Whoever has registered is as likely as anybody else.
    fn of_hour(&mut self, start: OffsetDateTime, count: u32) -> Vec<Event> {
        moments(start, count)
            .map(|at| {
                let data = match self.random.random_range(0..10) {
                    0 => self.registered(),
                    1..=3 => self.updated(),
                    _ => self.logged_in(),
                };
                self.event(at, data)
            })
            .collect()
    }
}
