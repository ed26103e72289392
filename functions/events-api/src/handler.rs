use std::sync::Arc;
use std::time::Instant;

use api::{Caller, Failure, unread_body};
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::{Extension, Json};
use http::{HeaderMap, StatusCode};

use crate::answer::Taken;
use crate::{EventsApi, check, documented, publish, read};

/// Sends events
///
/// Takes CloudEvents over HTTP (structured, batch or binary) and the plain form, checks each against its type, and answers once Kafka
/// has all of them. Where one event is refused, none of the request is published.
#[utoipa::path(
    post,
    path = "/api/events",
    tag = "events",
    request_body(
        description = "One event, or a batch of them.",
        content(
            (documented::Event = "application/cloudevents+json"),
            (Vec<documented::Event> = "application/cloudevents-batch+json"),
            (documented::PlainEvent = "application/json"),
        )
    ),
    responses((status = 202, description = "Kafka has all events.", body = Taken))
)]
pub(crate) async fn send_events(
    State(api): State<Arc<EventsApi>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Taken>), Failure> {
    let (started, now) = (Instant::now(), (api.clock)());
    let body = body.map_err(|error| unread_body(&error, read::BODY_LIMIT))?;
    let request = read::request(&headers, &body, caller.only_source().as_ref(), now)?;
    let is_batch = request.is_batch;
    let accepted = check::events(request, &check::arrival(&headers, now))?;
    check::permission(&caller, &accepted, is_batch)?;
    publish::publish(&api, events::uuid_v7_at(now), &accepted, is_batch, started).await?;
    Ok((StatusCode::ACCEPTED, Json(Taken::of(&accepted))))
}
