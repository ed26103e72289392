use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use store::links;

use crate::LinksApi;
use crate::answer::LinkAnswer;
use crate::path::CodeInPath;
use crate::problems::{Failure, no_link};

/// `GET /api/links/{code}`
pub(crate) async fn show(
    State(api): State<Arc<LinksApi>>,
    CodeInPath(code): CodeInPath,
) -> Result<Json<LinkAnswer>, Failure> {
    let link = links::find(&mut *api.pool.acquire().await?, code.as_str()).await?;
    Ok(Json(LinkAnswer::of(link.ok_or_else(no_link)?, &api.base)))
}
