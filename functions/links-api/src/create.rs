use std::sync::Arc;

use api::{Caller, Failure, Idempotency, unread_body};
use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use http::header::LOCATION;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use store::PgConnection;
use store::links::{self, Link};
use time::OffsetDateTime;
use url::Url;
use uuid::{NoContext, Timestamp, Uuid};

use crate::answer::LinkAnswer;
use crate::problems::taken;
use crate::request::{self, BODY_LIMIT, NewLink, Wanted};
use crate::{LinksApi, code};

/// Two generated codes are the same about once in 10¹² / (links there are) tries.
const GENERATED_TRIES: usize = 5;

/// Make a short link
///
/// Makes a link with the code that is asked for, or with one that nobody has. A request that is sent again with its
/// `Idempotency-Key` makes no second link: it gets the first answer again.
#[utoipa::path(
    post,
    path = "/api/links",
    tag = "links",
    operation_id = "create_link",
    params((
        "Idempotency-Key" = Option<String>,
        Header,
        description = "Any text that no other request of this kind by the same API key has.",
        min_length = 1,
        max_length = 255,
        pattern = r"^[\t -~]+$"
    )),
    request_body(content = NewLink, description = "The link that is wanted, of at most 16 KiB."),
    responses(
        (status = 201, description = "The link is made.", body = LinkAnswer, headers(("Location" = String, description = "Where the link is shown."))),
        (status = 400, description = "The body, the target, the code or the `Idempotency-Key` cannot be taken; `field` says which.", content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
        (status = 409, description = "Another link has this code, or the service keeps it for itself.", content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
        (status = 413, description = "The body is too large.", content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
        (status = 415, description = "The body is not sent as JSON.", content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
        (status = 422, description = "Another request was sent with this `Idempotency-Key`.", content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
    )
)]
pub(crate) async fn create(
    State(api): State<Arc<LinksApi>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let body = body.map_err(|error| unread_body(&error, BODY_LIMIT))?;
    let wanted = request::wanted(&headers, &body, &api.base)?;
    let idempotency = Idempotency::read(&headers, "POST /api/links", &caller, &body)?;
    let now = (api.clock)();
    let mut transaction = api.pool.begin().await?;
    let answer = if let Some(answer) = idempotency.answered(&mut transaction, now).await? {
        answer
    } else {
        let answer = make(&mut transaction, &wanted, &api.base, now).await?;
        idempotency.keep(&mut transaction, &answer).await?;
        answer
    };
    transaction.commit().await?;
    let location = format!("/api/links/{}", answer["code"].as_str().unwrap_or_default());
    Ok((StatusCode::CREATED, [(LOCATION, location)], axum::Json(answer)).into_response())
}

/// Inserts the link, and answers with what is shown of it.
async fn make(
    connection: &mut PgConnection,
    wanted: &Wanted,
    base: &Url,
    now: OffsetDateTime,
) -> Result<Value, Failure> {
    let tries = if wanted.code.is_some() { 1 } else { GENERATED_TRIES };
    for _ in 0..tries {
        let code = wanted.code.clone().unwrap_or_else(|| code::generate(&mut rand::rng()));
        let link = Link {
            link_id: id_at(now),
            code: code.to_string(),
            target: wanted.target.to_string(),
            created_at: stored(now),
        };
        if links::insert(connection, &link).await? {
            return Ok(serde_json::to_value(LinkAnswer::of(link, base)).expect("an answer has text keys alone"));
        }
    }
    Err(taken("Another link has this code.").into())
}

/// An id made at this moment; links of one moment differ in the rest.
fn id_at(now: OffsetDateTime) -> Uuid {
    Uuid::new_v7(Timestamp::from_unix(NoContext, now.unix_timestamp().unsigned_abs(), now.nanosecond()))
}

/// The database keeps microseconds: the first answer says the same as every later one.
fn stored(now: OffsetDateTime) -> OffsetDateTime {
    now.replace_nanosecond(now.microsecond() * 1000).expect("less than a second")
}
