//! The routes of `redirect`, which has no router that could describe itself.

use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(paths(follow_link, look_at_link))]
pub(super) struct Redirect;

/// Follow a link
///
/// Answers with the link's target once the click is in Kafka. Needs no API key. The query parameters `utm_source`, `utm_medium`,
/// `utm_campaign`, `utm_term` and `utm_content` are kept with the click.
#[utoipa::path(
    get,
    path = "/{code}",
    tag = "links",
    params(("code" = String, Path, description = "The short code; upper and lower case differ.", pattern = "^[A-Za-z0-9_-]{1,64}$", example = "spring")),
    responses(
        (status = 302, description = "The click is recorded, and this is where the link leads. Never cached.", headers(
            ("Location" = String, description = "The target."),
            ("Cache-Control" = String, description = "`private, no-store`"),
        )),
        (status = 404, description = "There is no link with this code.", content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
        (status = 503, description = "The link cannot be looked up, or the click not be recorded.", content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
    )
)]
#[expect(dead_code, reason = "it is described, and never called")]
fn follow_link() {}

/// Look where a link leads
///
/// As `GET`, without a body, and without counting a click.
#[utoipa::path(
    head,
    path = "/{code}",
    tag = "links",
    params(("code" = String, Path, description = "The short code; upper and lower case differ.", pattern = "^[A-Za-z0-9_-]{1,64}$", example = "spring")),
    responses(
        (status = 302, description = "This is where the link leads. Never cached.", headers(
            ("Location" = String, description = "The target."),
            ("Cache-Control" = String, description = "`private, no-store`"),
        )),
        (status = 404, description = "There is no link with this code."),
        (status = 503, description = "The link cannot be looked up."),
    )
)]
#[expect(dead_code, reason = "it is described, and never called")]
fn look_at_link() {}
