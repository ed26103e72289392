use std::sync::Arc;

use api::{Failure, tagged};
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use serde::Serialize;
use store::directory::{self, User};
use store::shop::OrderSummary;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::ReadApi;
use crate::orders::SummaryAnswer;
use crate::path::{UserInPath, no_user};

/// How many orders are shown with a user.
const ORDERS: i64 = 5;

/// A user. Once the person is erased all is null but `userId` and `erasedAt`, and `failedLogins` is 0; orders stay, which know no more of
/// them than the id.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserAnswer {
    /// Which user.
    #[schema(example = "u-1")]
    user_id: String,
    /// What kind of user that is.
    #[schema(required, example = "student")]
    user_type: Option<String>,
    /// Their address, as it was given.
    #[schema(required, example = "ada@example.com")]
    email: Option<String>,
    /// What they are called; null where nobody said.
    #[schema(required, example = "Ada")]
    display_name: Option<String>,
    /// When they registered.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    registered_at: Option<OffsetDateTime>,
    /// The latest login that succeeded.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    last_login_at: Option<OffsetDateTime>,
    /// Logins that failed since one succeeded.
    #[schema(minimum = 0)]
    failed_logins: i32,
    /// When the person was erased; null for all others.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    erased_at: Option<OffsetDateTime>,
    /// Their latest orders, the latest first, at most 5: `/api/orders` lists all.
    orders: Vec<SummaryAnswer>,
}

/// A user
///
/// What events have told of a user so far, with their last five orders. An erased person is answered for too, with nothing but the id, when
/// they were erased, and their orders.
#[utoipa::path(
    get,
    path = "/users/{id}",
    tag = "users",
    params(
        ("id" = String, Path, description = "The user's id", max_length = 128, pattern = "^[A-Za-z0-9_.:-]+$", example = "u-1842"),
        ("If-None-Match" = Option<String>, Header, description = "`ETag` of an answer that is here already")
    ),
    responses(
        (status = 200, description = "The user", body = UserAnswer, headers(("ETag" = String, description = "Tells this answer from others"))),
        (status = 304, description = "The answer is the one that is there already"),
        (
            status = 404,
            description = "No event of such a user was applied",
            body = ref("#/components/schemas/Problem"),
            content_type = "application/problem+json"
        ),
    )
)]
pub(crate) async fn show_user(
    State(api): State<Arc<ReadApi>>,
    UserInPath(id): UserInPath,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let user = directory::user(&mut *api.pool.acquire().await?, id.as_str(), ORDERS).await?;
    let (user, orders) = user.ok_or_else(no_user)?;
    Ok(tagged(&headers, &UserAnswer::of(user, orders)))
}

impl UserAnswer {
    fn of(user: User, orders: Vec<OrderSummary>) -> Self {
        let User { user_id, user_type, email, display_name, registered_at, last_login_at, failed_logins, erased_at } =
            user;
        let orders = orders.into_iter().map(SummaryAnswer::of).collect();
        Self { user_id, user_type, email, display_name, registered_at, last_login_at, failed_logins, erased_at, orders }
    }
}
