use events::{AuthAction, AuthStatus, Event};
use proptest::collection::vec;
use proptest::prelude::*;
use time::Duration;

/// Topics and partitions that events come from: users are spread over the first two.
pub const LANES: [(&str, i32); 3] = [("user.events", 0), ("user.events", 1), ("system.audit", 0)];
/// Users whose ids are part of each other, and those whose ids stand in everybody's events as something else.
pub const USERS: [&str; 4] = ["u-1", "u-10", "login", "1"];

/// Events, and what is done with them.
#[derive(Debug, Clone)]
pub struct Case {
    pub told: Vec<Told>,
    pub steps: Vec<Step>,
}

/// An event, of a user, so many minutes from now.
#[derive(Debug, Clone)]
pub struct Told {
    what: What,
    user: usize,
    minutes: i64,
}

#[derive(Debug, Clone)]
enum What {
    /// Another user may have the address, which makes a dead letter.
    Registered {
        address: usize,
    },
    Moved {
        address: usize,
    },
    Renamed,
    LoggedIn(bool),
    Audited,
}

/// What happens next.
#[derive(Debug, Clone)]
pub enum Step {
    /// Two environments are invoked at once, each with so many records of a lane: the next ones, or ones that it had before.
    Deliver([Chunk; 2]),
    /// One environment is invoked while the other's tick comes.
    DeliverAndTick(Chunk),
    /// Both ticks come at once.
    Tick,
    /// A person sends all dead letters on again, and the next tick comes.
    Redrive,
    /// A person is erased.
    Erase(usize),
}

#[derive(Debug, Clone, Copy)]
pub struct Chunk {
    pub lane: usize,
    pub records: usize,
    /// So many of those that were delivered before are delivered again, with the next ones.
    pub again: usize,
}

pub fn cases() -> impl Strategy<Value = Case> {
    (vec(told(), 1..50), vec(step(), 1..14)).prop_map(|(told, steps)| Case { told, steps })
}

fn told() -> impl Strategy<Value = Told> {
    let what = prop_oneof![
        2 => (0..3_usize).prop_map(|address| What::Registered { address }),
        2 => (0..3_usize).prop_map(|address| What::Moved { address }),
        2 => Just(What::Renamed),
        3 => any::<bool>().prop_map(What::LoggedIn),
        2 => Just(What::Audited),
    ];
    (what, 0..USERS.len(), -3..4_i64).prop_map(|(what, user, minutes)| Told { what, user, minutes })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (chunk(), chunk()).prop_map(|(one, other)| Step::Deliver([one, other])),
        // The same records, as when an invocation was given up that goes on.
        2 => chunk().prop_map(|chunk| Step::Deliver([chunk, chunk])),
        2 => chunk().prop_map(Step::DeliverAndTick),
        1 => Just(Step::Tick),
        2 => Just(Step::Redrive),
        1 => (0..USERS.len()).prop_map(Step::Erase),
    ]
}

fn chunk() -> impl Strategy<Value = Chunk> {
    (0..LANES.len(), 1..12_usize, 0..4_usize).prop_map(|(lane, records, again)| Chunk { lane, records, again })
}

impl Told {
    /// Which lane it is on.
    pub fn lane(&self) -> usize {
        if matches!(self.what, What::Audited) { 2 } else { self.user % 2 }
    }

    /// Whom it is about.
    pub fn user(&self) -> &'static str {
        USERS[self.user]
    }

    pub fn event(&self) -> Event {
        let user = self.user();
        let mut event = match self.what {
            What::Registered { address } => testkit::user_registered(user, &email(address)),
            What::Moved { address } => testkit::user_updated(user, &[("email", &email(address))]),
            What::Renamed => testkit::user_updated(user, &[("displayName", &format!("at {}", self.minutes))]),
            What::LoggedIn(true) => testkit::user_auth(user, AuthAction::Login, AuthStatus::Success),
            What::LoggedIn(false) => testkit::user_auth(user, AuthAction::Login, AuthStatus::Failure),
            What::Audited => testkit::system_audit(user, "look", "somewhere"),
        };
        event.time += Duration::minutes(self.minutes);
        event
    }
}

fn email(number: usize) -> String {
    format!("address{number}@example.com")
}
