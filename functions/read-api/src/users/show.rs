use std::sync::Arc;

use api::Failure;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::directory::{self, User};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::ReadApi;
use crate::path::{UserInPath, no_user};

/// A user. Once the person is erased all is null but `userId` and `erasedAt`, and `failedLogins` is 0.
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
}

/// A user
///
/// What events have told of a user so far. An erased person is answered for too, with nothing but the id and when they were erased.
///
#[utoipa::path(
    get,
    path = "/users/{id}",
    tag = "users",
    params(("id" = String, Path, description = "The user's id", max_length = 128, pattern = "^[A-Za-z0-9_.:-]+$", example = "u-1842")),
    responses(
        (status = 200, description = "The user", body = UserAnswer),
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
) -> Result<Json<UserAnswer>, Failure> {
    let user = directory::user(&mut *api.pool.acquire().await?, id.as_str()).await?;
    Ok(Json(UserAnswer::of(user.ok_or_else(no_user)?)))
}

impl UserAnswer {
    fn of(user: User) -> Self {
        let User { user_id, user_type, email, display_name, registered_at, last_login_at, failed_logins, erased_at } =
            user;
        Self { user_id, user_type, email, display_name, registered_at, last_login_at, failed_logins, erased_at }
    }
}
