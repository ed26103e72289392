use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use store::links;

use crate::LinksApi;
use crate::answer::LinkAnswer;
use crate::problems::{Failure, no_link};

/// `GET /api/links/{code}`
pub(crate) async fn show(State(api): State<Arc<LinksApi>>, Path(code): Path<String>) -> Result<Json<LinkAnswer>, Failure> {
    let link = links::find(&mut *api.pool.acquire().await?, &code).await?;
    Ok(Json(LinkAnswer::of(link.ok_or_else(no_link)?, &api.base)))
}
