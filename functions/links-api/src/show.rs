use std::sync::Arc;

use api::Failure;
use axum::Json;
use axum::extract::State;
use store::links;

use crate::LinksApi;
use crate::answer::LinkAnswer;
use crate::path::CodeInPath;
use crate::problems::no_link;

/// Show a link
///
/// Says where a short link leads, and since when.
#[utoipa::path(
    get,
    path = "/api/links/{code}",
    tag = "links",
    operation_id = "show_link",
    params(("code" = String, Path, description = "What follows the slash of the short URL.", example = "Summer-Sale_2026")),
    responses(
        (status = 200, description = "The link.", body = LinkAnswer),
        (status = 404, description = "There is no link with this code.", content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
    )
)]
pub(crate) async fn show(
    State(api): State<Arc<LinksApi>>,
    CodeInPath(code): CodeInPath,
) -> Result<Json<LinkAnswer>, Failure> {
    let link = links::find(&mut *api.pool.acquire().await?, code.as_str()).await?;
    Ok(Json(LinkAnswer::of(link.ok_or_else(no_link)?, &api.base)))
}
