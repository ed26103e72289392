use std::sync::Arc;

use api::{Caller, Failure};
use axum::extract::State;
use axum::{Extension, Json};
use events::{SystemAudit, Text, UserId};
use serde::Serialize;
use store::erasure::{self, CONSUMERS, Erased, Person, Place};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::ReadApi;
use crate::path::{UserInPath, no_user};
use crate::tries::Deadline;

/// A person who is erased.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErasedAnswer {
    /// The id, which stays.
    #[schema(example = "u-1")]
    user_id: String,
    /// When the person was erased first.
    #[serde(with = "time::serde::rfc3339")]
    erased_at: OffsetDateTime,
}

/// Erase a person
///
/// Clears all that is known about them besides the id: the directory, the addresses and user agents of their history, their events that
/// wait, and the bytes of their dead letters. Their address is free for somebody else. Later events about them change nothing. Orders are
/// kept, those that are there and later ones, with the id alone. What they wrote in discussions stays: it is deleted there, as by its author.
/// Erasing somebody again gives the same answer, and clears what has failed since. Audited, where there was anything to erase.
#[utoipa::path(
    post,
    path = "/api/users/{id}/erase",
    tag = "users",
    params(("id" = String, Path, description = "The user's id", max_length = 128, pattern = "^[A-Za-z0-9_.:-]+$", example = "u-1842")),
    responses(
        (status = 200, description = "The person is erased", body = ErasedAnswer),
        (
            status = 404,
            description = "Nothing is known of such a user",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn erase_user(
    State(api): State<Arc<ReadApi>>,
    UserInPath(id): UserInPath,
    Extension(caller): Extension<Caller>,
) -> Result<Json<ErasedAnswer>, Failure> {
    let deadline = Deadline::start();
    let mut tries = deadline.tries();
    let (erased, shards) = loop {
        match in_transaction(&api, deadline, &id, &caller).await {
            Ok(done) => break done,
            Err(error) => tries.again(error).await?,
        }
    };
    api.drain(&shards).await;
    Ok(Json(ErasedAnswer { user_id: id.to_string(), erased_at: erased.erased_at }))
}

/// Erases the person, and puts on record that it was done, where anything was.
async fn in_transaction(
    api: &ReadApi,
    deadline: Deadline,
    id: &UserId,
    caller: &Caller,
) -> Result<(Erased, Vec<i16>), Failure> {
    let now = (api.clock)();
    let topics: [&[&str]; 3] =
        [&[&api.discussion_events], &[&api.user_events, &api.system_audit], &[&api.order_events]];
    let place = |((consumer, waiting), topics)| Place { consumer, topics, waiting };
    let places: Vec<Place<'_>> = CONSUMERS.into_iter().zip(topics).map(place).collect();
    let person = Person { user_id: id.as_str(), places: &places };
    let mut transaction = api.begin(deadline).await?;
    let erased = erasure::erase(&mut transaction, &person, now).await?.ok_or_else(no_user)?;
    let mut shards = Vec::new();
    if erased.has_changed() {
        shards = api.audit(&mut transaction, on_record(id, caller, &erased), now).await?;
    }
    transaction.commit().await?;
    Ok((erased, shards))
}

fn on_record(id: &UserId, caller: &Caller, erased: &Erased) -> SystemAudit {
    let detail = format!(
        "authentication events: {}, parked events: {}, dead letters: {}",
        erased.auth_events, erased.parked, erased.dead_letters
    );
    SystemAudit {
        event_type: Text::new("user.erased").expect("a short text"),
        user_id: caller.actor(),
        action: Text::new("erase").expect("a short text"),
        resource: Text::new(format!("users/{id}")).expect("a short id"),
        status: Text::new("success").expect("a short text"),
        detail: Text::new(detail).ok(),
    }
}
