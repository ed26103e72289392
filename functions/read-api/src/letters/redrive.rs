use std::sync::Arc;
use std::time::{Duration, Instant};

use api::{Caller, Failure, Repaired, invalid};
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::{Extension, Json};
use http::HeaderMap;
use lambda::Problem;
use serde::{Deserialize, Serialize};
use store::dead_letters::{self, Filter, Tally};
use store::{Connection as _, PgConnection};
use utoipa::ToSchema;

use super::answer::TallyAnswer;
use super::filter::Filters;
use crate::{ReadApi, body};

/// Dead letters of one request, and of one transaction.
const MOST: usize = 10_000;
const PART: usize = 1000;
/// No further part is begun after this time: the answer has to come before the function's limit.
const PATIENCE: Duration = Duration::from_secs(3);

/// Which dead letters to send on again: one of `ids` and `filter`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct RedriveRequest {
    /// Their numbers.
    #[schema(min_items = 1, max_items = 10_000)]
    ids: Option<Vec<i64>>,
    /// All open ones for which all that is given holds; `{}` is all that are open.
    filter: Option<Filters>,
    /// Only say what would happen.
    #[serde(default)]
    dry_run: bool,
}

/// What was sent on again, or would be.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RedriveAnswer {
    /// Whether nothing was changed.
    dry_run: bool,
    /// So many in all.
    letters: i64,
    /// The same by consumer and kind.
    by_class: Vec<TallyAnswer>,
    /// Of those that were asked for, so many were not sent on: they are not open, have no value, or were too many for one request.
    left: i64,
}

/// Send dead letters on again
///
/// Once their cause is repaired: each is parked at its original place, and its consumer's next batch or tick tries it, ahead of what
/// waits behind it. Nothing is published again. At most 10,000 at once, and as many as fit into a few seconds; `left` says how many
/// the same request has to deal with once more. Doing it twice moves nothing the second time. Audited where anything moves.
#[utoipa::path(
    post,
    path = "/api/dead-letters/redrive",
    tag = "failures",
    request_body(content = RedriveRequest, description = "Which ones", example = json!({"filter": {"errorClass": "email-taken"}, "dryRun": true})),
    responses(
        (status = 200, description = "What was sent on again, or would be", body = RedriveAnswer),
        (
            status = 400,
            description = "The body is not as it should be; `field` names what",
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
pub(crate) async fn redrive_letters(
    State(api): State<Arc<ReadApi>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<RedriveAnswer>, Failure> {
    let request: RedriveRequest = body::json(&headers, body, "a redrive")?;
    let dry_run = request.dry_run;
    let (selected, selection) = Selected::of(request)?;
    let mut connection = api.pool.acquire().await?;
    let ids = selected.open(&mut connection).await?;
    let asked = ids.len();
    let first = &ids[..asked.min(MOST)];
    let mut done = Done::default();
    if dry_run {
        done.tallies = dead_letters::count_redrivable(&mut connection, first).await?;
    } else {
        done.redrive(&api, &mut connection, first, &selection, &caller).await?;
    }
    drop(connection);
    api.drain(&done.shards).await;
    Ok(Json(done.answer(dry_run, asked)))
}

/// What is to be sent on.
enum Selected {
    Ids(Vec<i64>),
    Filter(Box<Filter>),
}

impl Selected {
    /// Reads the request; also in words, for the audit log.
    fn of(request: RedriveRequest) -> Result<(Self, String), Problem> {
        match (request.ids, request.filter) {
            (Some(ids), None) => {
                let mut ids = numbers(ids)?;
                ids.sort_unstable();
                ids.dedup();
                let words = format!("id={ids:?}");
                Ok((Self::Ids(ids), words))
            }
            (None, Some(filters)) => {
                let words = filters.describe();
                Ok((Self::Filter(Box::new(filters.filter()?)), words))
            }
            _ => Err(invalid("body", "The body has one of ids and filter.")),
        }
    }

    /// The numbers, in the order in which they are dealt with.
    async fn open(self, connection: &mut PgConnection) -> Result<Vec<i64>, store::Error> {
        match self {
            Self::Ids(ids) => Ok(ids),
            Self::Filter(filter) => dead_letters::find_open(connection, &filter).await,
        }
    }
}

fn numbers(ids: Vec<i64>) -> Result<Vec<i64>, Problem> {
    let fits = (1..=MOST).contains(&ids.len()) && ids.iter().all(|id| *id > 0);
    if fits { Ok(ids) } else { Err(invalid("ids", format!("The ids are not 1 to {MOST} whole numbers from 1."))) }
}

#[derive(Default)]
struct Done {
    tallies: Vec<Tally>,
    shards: Vec<i16>,
}

impl Done {
    /// Each part in a transaction of its own, with its event for the audit log: what was committed stays.
    async fn redrive(
        &mut self,
        api: &ReadApi,
        connection: &mut PgConnection,
        ids: &[i64],
        selection: &str,
        caller: &Caller,
    ) -> Result<(), Failure> {
        let (now, started) = ((api.clock)(), Instant::now());
        for part in ids.chunks(PART) {
            if started.elapsed() > PATIENCE {
                break;
            }
            let mut transaction = connection.begin().await?;
            let done = dead_letters::redrive(&mut transaction, part, now).await?;
            if !done.is_empty() {
                let repaired = Repaired { ids: part, selection, done: &done };
                self.shards.extend(api.audit(&mut transaction, repaired.redriven(caller.actor()), now).await?);
            }
            transaction.commit().await?;
            self.add(done);
        }
        Ok(())
    }

    fn add(&mut self, tallies: Vec<Tally>) {
        for tally in tallies {
            let same =
                |known: &&mut Tally| (&known.consumer, &known.error_class) == (&tally.consumer, &tally.error_class);
            match self.tallies.iter_mut().find(same) {
                Some(known) => known.letters += tally.letters,
                None => self.tallies.push(tally),
            }
        }
    }

    fn answer(mut self, dry_run: bool, asked: usize) -> RedriveAnswer {
        self.tallies.sort();
        let letters: i64 = self.tallies.iter().map(|tally| tally.letters).sum();
        let asked = i64::try_from(asked).unwrap_or(i64::MAX);
        let by_class = self.tallies.into_iter().map(TallyAnswer::of).collect();
        RedriveAnswer { dry_run, letters, by_class, left: asked - letters }
    }
}
