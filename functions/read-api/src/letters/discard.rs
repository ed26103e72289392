use std::sync::Arc;

use api::{Caller, Failure, Repaired, invalid};
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::{Extension, Json};
use http::{HeaderMap, StatusCode};
use lambda::Problem;
use serde::Deserialize;
use store::dead_letters::{self, Reason};
use utoipa::ToSchema;

use super::answer::LetterAnswer;
use crate::path::{LetterInPath, no_letter};
use crate::tries::Deadline;
use crate::{ReadApi, body};

/// The longest reason, in characters.
const LONGEST: usize = 500;

/// Why a dead letter is given up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct DiscardRequest {
    /// The reason, which is kept beside it and in the audit log; it says something, and nothing about people.
    #[schema(min_length = 1, max_length = 500, pattern = r"\S", example = "a test that was sent to the wrong topic")]
    reason: String,
}

/// Give a dead letter up
///
/// For good: it cannot be sent on again. Audited.
#[utoipa::path(
    post,
    path = "/api/dead-letters/{id}/discard",
    tag = "failures",
    params(("id" = i64, Path, description = "Its number", minimum = 1, example = 1)),
    request_body(content = DiscardRequest, description = "Why"),
    responses(
        (status = 200, description = "The dead letter, discarded", body = LetterAnswer),
        (
            status = 400,
            description = "The body is not as it should be; `field` names what",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
        (
            status = 404,
            description = "There is no dead letter with this number",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
        (
            status = 409,
            description = "It is not open: it was sent on, took effect, or was given up before",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
        (
            status = 413,
            description = "The body has more than 256 KiB",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
        (
            status = 415,
            description = "The body is not sent as application/json",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn discard_letter(
    State(api): State<Arc<ReadApi>>,
    LetterInPath(id): LetterInPath,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<LetterAnswer>, Failure> {
    let request: DiscardRequest = body::json(&headers, body, "a reason")?;
    let reason = reason(&request.reason)?;
    let now = (api.clock)();
    let mut transaction = api.begin(Deadline::start()).await?;
    let done = dead_letters::discard(&mut transaction, &[id], &reason, now).await?;
    let letter = dead_letters::load(&mut transaction, &[id]).await?.pop().ok_or_else(no_letter)?;
    if done.is_empty() {
        return Err(not_open(&letter.state).into());
    }
    let repaired = Repaired { ids: &[id], selection: "one", done: &done };
    let shards = api.audit(&mut transaction, repaired.discarded(caller.actor(), &reason), now).await?;
    transaction.commit().await?;
    api.drain(&shards).await;
    Ok(Json(LetterAnswer::of(letter)))
}

fn reason(text: &str) -> Result<Reason, Problem> {
    let fits = text.chars().count() <= LONGEST && !text.contains('\0');
    let reason = Reason::new(text).filter(|_| fits);
    let detail = || format!("The reason is no text of 1 to {LONGEST} characters that says something.");
    reason.ok_or_else(|| invalid("reason", detail()))
}

fn not_open(state: &str) -> Problem {
    let detail = match state {
        "redriven" => "It was sent on again, and waits for its consumer's next batch or tick.",
        "applied" => "It was sent on again, and took effect.",
        _ => "It was given up before.",
    };
    Problem::new(StatusCode::CONFLICT, "dead-letter-not-open", "Dead letter not open", detail)
}
