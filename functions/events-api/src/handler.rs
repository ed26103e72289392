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

/// Send events
///
/// Takes an event of CloudEvents 1.0 in structured mode, a batch of them, one in binary mode (`application/json` is its data, and the attributes stand in
/// `ce-` headers), or one in the plain form. Each is checked against its type, and the key must be allowed its type and its source. The
/// answer comes once Kafka has all of them. Where one event is refused, none of the request is published. After a 503 part of them may be:
/// send the same ones, with the same ids, again.
#[utoipa::path(
    post,
    path = "/api/events",
    tag = "events",
    params(
        ("x-correlation-id" = Option<String>, Header, description = "What events share that have no correlation id of their own; passed over where it can be none (1 to 128 characters)."),
        ("traceparent" = Option<String>, Header, description = "The W3C trace context of events that have none of their own; passed over where it can be none."),
    ),
    request_body(
        description = "One event or a batch of them, of at most 1 MB.",
        content(
            (documented::Event = "application/cloudevents+json"),
            (documented::Batch = "application/cloudevents-batch+json"),
            (documented::PlainEvent = "application/json"),
        )
    ),
    responses(
        (status = 202, description = "Kafka has all events.", body = Taken),
        (status = 400, description = "The body is not the JSON that its content type says.", content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
        (status = 413, description = "The body is larger than 1 MB, the batch has more than 500 events, or an event is larger than its topic takes.", content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
        (status = 415, description = "The content type is none of these.", content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
        (status = 422, description = "Something is wrong with an event; `errors` lists all that was found, with field and reason.", content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
    )
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
    publish::publish(&api, &caller, events::uuid_v7_at(now), &accepted, is_batch, started).await?;
    Ok((StatusCode::ACCEPTED, Json(Taken::of(&accepted))))
}
