use std::fmt;

use serde::Deserialize;

use crate::decode::DecodeError;
use crate::{
    CommentAdded, CommentDeleted, CommentEdited, InventoryAdjusted, LinkClicked, OrderPlaced, PaymentSettled,
    SystemAudit, ThreadCreated, ThreadDeleted, ThreadEdited, ThreadViewed, Topic, UserAuth, UserId, UserRegistered,
    UserUpdated, VoteCast,
};

/// What happened: the payload of an event, one variant a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// Somebody followed a short link.
    LinkClicked(LinkClicked),
    /// There is a new user.
    UserRegistered(UserRegistered),
    /// Fields of a user have new values.
    UserUpdated(UserUpdated),
    /// A user logged in or out, or changed their password.
    UserAuth(UserAuth),
    /// Somebody did something that has to be on record.
    SystemAudit(SystemAudit),
    /// Somebody ordered something.
    OrderPlaced(OrderPlaced),
    /// Money for an order moved, or failed to.
    PaymentSettled(PaymentSettled),
    /// The stock of an article grew or shrank.
    InventoryAdjusted(InventoryAdjusted),
    /// There is a new thread.
    ThreadCreated(ThreadCreated),
    /// Somebody read a thread.
    ThreadViewed(ThreadViewed),
    /// A thread says something else.
    ThreadEdited(ThreadEdited),
    /// A thread is gone.
    ThreadDeleted(ThreadDeleted),
    /// Somebody commented on a thread.
    CommentAdded(CommentAdded),
    /// A comment says something else.
    CommentEdited(CommentEdited),
    /// A comment is gone.
    CommentDeleted(CommentDeleted),
    /// Somebody voted, changed their vote or took it back.
    VoteCast(VoteCast),
}

/// The type of an event, as its `type` attribute says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventType {
    /// `link.clicked`
    LinkClicked,
    /// `user.registered`
    UserRegistered,
    /// `user.updated`
    UserUpdated,
    /// `user.auth`
    UserAuth,
    /// `system.audit`
    SystemAudit,
    /// `order.placed`
    OrderPlaced,
    /// `payment.settled`
    PaymentSettled,
    /// `inventory.adjusted`
    InventoryAdjusted,
    /// `thread.created`
    ThreadCreated,
    /// `thread.viewed`
    ThreadViewed,
    /// `thread.edited`
    ThreadEdited,
    /// `thread.deleted`
    ThreadDeleted,
    /// `comment.added`
    CommentAdded,
    /// `comment.edited`
    CommentEdited,
    /// `comment.deleted`
    CommentDeleted,
    /// `vote.cast`
    VoteCast,
}

impl Data {
    /// The type of this payload.
    #[must_use]
    pub fn event_type(&self) -> EventType {
        match self {
            Self::LinkClicked(_) => EventType::LinkClicked,
            Self::UserRegistered(_) => EventType::UserRegistered,
            Self::UserUpdated(_) => EventType::UserUpdated,
            Self::UserAuth(_) => EventType::UserAuth,
            Self::SystemAudit(_) => EventType::SystemAudit,
            Self::OrderPlaced(_) => EventType::OrderPlaced,
            Self::PaymentSettled(_) => EventType::PaymentSettled,
            Self::InventoryAdjusted(_) => EventType::InventoryAdjusted,
            Self::ThreadCreated(_) => EventType::ThreadCreated,
            Self::ThreadViewed(_) => EventType::ThreadViewed,
            Self::ThreadEdited(_) => EventType::ThreadEdited,
            Self::ThreadDeleted(_) => EventType::ThreadDeleted,
            Self::CommentAdded(_) => EventType::CommentAdded,
            Self::CommentEdited(_) => EventType::CommentEdited,
            Self::CommentDeleted(_) => EventType::CommentDeleted,
            Self::VoteCast(_) => EventType::VoteCast,
        }
    }

    /// The record key: all events with the same key keep their order.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::LinkClicked(click) => click.short_code.as_str(),
            Self::UserRegistered(user) => user.user_id.as_str(),
            Self::UserUpdated(update) => update.user_id.as_str(),
            Self::UserAuth(auth) => auth.user_id.as_str(),
            Self::SystemAudit(audit) => audit.user_id.as_str(),
            Self::OrderPlaced(order) => order.order_id.as_str(),
            Self::PaymentSettled(payment) => payment.order_id.as_str(),
            Self::InventoryAdjusted(adjustment) => adjustment.sku.as_str(),
            Self::ThreadCreated(thread) => thread.thread_id.as_str(),
            Self::ThreadViewed(view) => view.thread_id.as_str(),
            Self::ThreadEdited(edit) => edit.thread_id.as_str(),
            Self::ThreadDeleted(thread) => thread.thread_id.as_str(),
            Self::CommentAdded(comment) => comment.thread_id.as_str(),
            Self::CommentEdited(comment) => comment.thread_id.as_str(),
            Self::CommentDeleted(comment) => comment.thread_id.as_str(),
            Self::VoteCast(vote) => vote.thread_id.as_str(),
        }
    }

    /// The user that it is about, or who did it.
    #[must_use]
    pub fn user_id(&self) -> Option<&UserId> {
        match self {
            Self::LinkClicked(_)
            | Self::PaymentSettled(_)
            | Self::InventoryAdjusted(_)
            | Self::ThreadDeleted(_)
            | Self::CommentEdited(_)
            | Self::CommentDeleted(_) => None,
            Self::UserRegistered(user) => Some(&user.user_id),
            Self::UserUpdated(update) => Some(&update.user_id),
            Self::UserAuth(auth) => Some(&auth.user_id),
            Self::SystemAudit(audit) => Some(&audit.user_id),
            Self::OrderPlaced(order) => Some(&order.user_id),
            Self::ThreadCreated(thread) => Some(&thread.author_id),
            Self::ThreadEdited(edit) => Some(&edit.author_id),
            Self::ThreadViewed(view) => view.viewer_id.as_ref(),
            Self::CommentAdded(comment) => Some(&comment.author_id),
            Self::VoteCast(vote) => Some(&vote.voter_id),
        }
    }

    /// The payload of a type, from its JSON.
    pub(crate) fn read(event_type: EventType, json: &str) -> Result<Self, DecodeError> {
        match event_type {
            EventType::LinkClicked => payload(json).map(Self::LinkClicked),
            EventType::UserRegistered => payload(json).map(Self::UserRegistered),
            EventType::UserUpdated => payload(json).map(Self::UserUpdated),
            EventType::UserAuth => payload(json).map(Self::UserAuth),
            EventType::SystemAudit => payload(json).map(Self::SystemAudit),
            EventType::OrderPlaced => payload(json).map(Self::OrderPlaced),
            EventType::PaymentSettled => payload(json).map(Self::PaymentSettled),
            EventType::InventoryAdjusted => payload(json).map(Self::InventoryAdjusted),
            EventType::ThreadCreated => payload(json).map(Self::ThreadCreated),
            EventType::ThreadViewed => payload(json).map(Self::ThreadViewed),
            EventType::ThreadEdited => payload(json).map(Self::ThreadEdited),
            EventType::ThreadDeleted => payload(json).map(Self::ThreadDeleted),
            EventType::CommentAdded => payload(json).map(Self::CommentAdded),
            EventType::CommentEdited => payload(json).map(Self::CommentEdited),
            EventType::CommentDeleted => payload(json).map(Self::CommentDeleted),
            EventType::VoteCast => payload(json).map(Self::VoteCast),
        }
        .map_err(|Fault { path, reason }| DecodeError::Data {
            event_type,
            path: path.into(),
            reason: reason.into(),
        })
    }
}

/// What is wrong with a payload, and where.
struct Fault {
    path: String,
    reason: String,
}

fn payload<'de, T: Deserialize<'de>>(json: &'de str) -> Result<T, Fault> {
    // A list of the values would be read, too.
    if !json.trim_ascii_start().starts_with('{') {
        return Err(Fault { path: String::new(), reason: "is no JSON object".to_owned() });
    }
    serde_json::from_str(json).map_err(|error| fault::<T>(json, &error))
}

/// Reads it again for the place of the fault: to keep track of it takes time.
fn fault<'de, T: Deserialize<'de>>(json: &'de str, error: &serde_json::Error) -> Fault {
    let again = serde_path_to_error::deserialize::<_, T>(&mut serde_json::Deserializer::from_str(json));
    let (path, reason) = match again {
        Ok(_) => (String::new(), without_position(error)),
        Err(again) => (again.path().to_string(), without_position(again.inner())),
    };
    let path = if path == "." { String::new() } else { path };
    for (beginning, meaning) in [("missing field `", "is missing"), ("duplicate field `", "is given twice")] {
        if let Some(name) = reason.strip_prefix(beginning).and_then(|rest| rest.strip_suffix('`')) {
            let is_named = path.is_empty() || path.split('.').next_back() == Some(name);
            let path = if is_named { path.rsplit_once('.').map_or("", |(outer, _)| outer) } else { &path };
            let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            return Fault { path, reason: meaning.to_owned() };
        }
    }
    Fault { path, reason }
}

/// What is wrong with JSON, without line and column.
pub(crate) fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&position).map(str::to_owned).unwrap_or(text)
}

impl EventType {
    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LinkClicked => "link.clicked",
            Self::UserRegistered => "user.registered",
            Self::UserUpdated => "user.updated",
            Self::UserAuth => "user.auth",
            Self::SystemAudit => "system.audit",
            Self::OrderPlaced => "order.placed",
            Self::PaymentSettled => "payment.settled",
            Self::InventoryAdjusted => "inventory.adjusted",
            Self::ThreadCreated => "thread.created",
            Self::ThreadViewed => "thread.viewed",
            Self::ThreadEdited => "thread.edited",
            Self::ThreadDeleted => "thread.deleted",
            Self::CommentAdded => "comment.added",
            Self::CommentEdited => "comment.edited",
            Self::CommentDeleted => "comment.deleted",
            Self::VoteCast => "vote.cast",
        }
    }

    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::LinkClicked,
        Self::UserRegistered,
        Self::UserUpdated,
        Self::UserAuth,
        Self::SystemAudit,
        Self::OrderPlaced,
        Self::PaymentSettled,
        Self::InventoryAdjusted,
        Self::ThreadCreated,
        Self::ThreadViewed,
        Self::ThreadEdited,
        Self::ThreadDeleted,
        Self::CommentAdded,
        Self::CommentEdited,
        Self::CommentDeleted,
        Self::VoteCast,
    ];

    /// The type of a name on the wire.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event_type| event_type.name() == name)
    }

    /// The topic its events travel on.
    #[must_use]
    pub fn topic(self) -> Topic {
        match self {
            Self::LinkClicked => Topic::LinkClicks,
            Self::UserRegistered | Self::UserUpdated | Self::UserAuth => Topic::UserEvents,
            Self::SystemAudit => Topic::SystemAudit,
            Self::OrderPlaced | Self::PaymentSettled | Self::InventoryAdjusted => Topic::OrderEvents,
            Self::ThreadCreated
            | Self::ThreadViewed
            | Self::ThreadEdited
            | Self::ThreadDeleted
            | Self::CommentAdded
            | Self::CommentEdited
            | Self::CommentDeleted
            | Self::VoteCast => Topic::DiscussionEvents,
        }
    }

    /// Whether other people's programs may send it: what our own functions observe they do not say themselves.
    #[must_use]
    pub fn is_taken_from_outside(self) -> bool {
        match self {
            Self::LinkClicked
            | Self::ThreadCreated
            | Self::ThreadViewed
            | Self::ThreadEdited
            | Self::ThreadDeleted
            | Self::CommentAdded
            | Self::CommentEdited
            | Self::CommentDeleted
            | Self::VoteCast => false,
            Self::UserRegistered
            | Self::UserUpdated
            | Self::UserAuth
            | Self::SystemAudit
            | Self::OrderPlaced
            | Self::PaymentSettled
            | Self::InventoryAdjusted => true,
        }
    }

    /// The version that is written, as major and minor. Readers accept any minor version of the same major one.
    #[must_use]
    pub fn version(self) -> (u16, u16) {
        match self {
            Self::LinkClicked
            | Self::UserRegistered
            | Self::UserUpdated
            | Self::UserAuth
            | Self::SystemAudit
            | Self::OrderPlaced
            | Self::PaymentSettled
            | Self::InventoryAdjusted
            | Self::ThreadCreated
            | Self::ThreadViewed
            | Self::ThreadEdited
            | Self::ThreadDeleted
            | Self::CommentAdded
            | Self::CommentEdited
            | Self::CommentDeleted
            | Self::VoteCast => (1, 0),
        }
    }

    /// The `dataschema` attribute: type and version.
    #[must_use]
    pub fn dataschema(self) -> String {
        let (major, minor) = self.version();
        format!("urn:onceward:event:{}:{major}.{minor}", self.name())
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
