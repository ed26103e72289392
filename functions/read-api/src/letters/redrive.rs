use std::sync::Arc;

use api::{Caller, Failure, Repaired, invalid, selected_by, selected_ids};
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::{Extension, Json};
use http::HeaderMap;
use lambda::Problem;
use serde::{Deserialize, Serialize};
use store::PgConnection;
use store::dead_letters::{self, Filter, Open, Tally};
use utoipa::ToSchema;

use super::answer::TallyAnswer;
use super::filter::Filters;
use crate::tries::Deadline;
use crate::{ReadApi, body};

/// Dead letters of one request, and of one transaction.
const MOST: usize = 10_000;
const PART: usize = 1000;

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
    /// Of those that were asked for, so many were not sent on: they are not open, have no value, were too many for one request, or came
    /// behind something that failed. Where the database died as it committed, what it did commit may be among them.
    left: i64,
}

/// Send dead letters on again
///
/// Once their cause is repaired: each is parked at its original place, and its consumer's next batch or tick tries it, ahead of what
/// waits behind it. Nothing is published again. At most 10,000 at once, and as many as fit into a few seconds; `left` says how many
/// the same request has to deal with once more, also where something failed on the way. Doing it twice moves nothing the second time.
/// Audited where anything moves.
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
    let deadline = Deadline::start();
    let mut transaction = api.begin(deadline).await?;
    let Open { ids, matching } = selected.open(&mut transaction).await?;
    let mut done = Done::default();
    if dry_run {
        done.tallies = dead_letters::count_redrivable(&mut transaction, &ids).await?;
    }
    transaction.rollback().await?;
    if !dry_run {
        done.redrive(&Work { api: &api, deadline, selection: &selection, caller: &caller }, &ids).await?;
        api.drain(&done.shards).await;
    }
    Ok(Json(done.answer(dry_run, matching)))
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
                let words = selected_ids(&ids);
                Ok((Self::Ids(ids), words))
            }
            (None, Some(filters)) => {
                let filter = filters.filter()?;
                let words = selected_by(&filter);
                Ok((Self::Filter(Box::new(filter)), words))
            }
            _ => Err(invalid("body", "The body has one of ids and filter.")),
        }
    }

    /// As many as one request deals with, in the order in which that is done.
    async fn open(self, connection: &mut PgConnection) -> Result<Open, store::Error> {
        match self {
            Self::Ids(ids) => Ok(Open { matching: ids.len() as u64, ids }),
            Self::Filter(filter) => dead_letters::find_first_open(connection, &filter, MOST).await,
        }
    }
}

fn numbers(ids: Vec<i64>) -> Result<Vec<i64>, Problem> {
    let fits = (1..=MOST).contains(&ids.len()) && ids.iter().all(|id| *id > 0);
    if fits { Ok(ids) } else { Err(invalid("ids", format!("The ids are not 1 to {MOST} whole numbers from 1."))) }
}

/// What a part is done with.
struct Work<'a> {
    api: &'a ReadApi,
    deadline: Deadline,
    selection: &'a str,
    caller: &'a Caller,
}

impl Work<'_> {
    /// Sends a part on, in a transaction with its event for the audit log, and gives the shards of that.
    async fn part(&self, ids: &[i64]) -> Result<(Vec<Tally>, Vec<i16>), Failure> {
        let mut tries = self.deadline.tries();
        loop {
            match self.once(ids).await {
                Ok(done) => return Ok(done),
                Err(error) => tries.again(error).await?,
            }
        }
    }

    async fn once(&self, ids: &[i64]) -> Result<(Vec<Tally>, Vec<i16>), Failure> {
        let now = (self.api.clock)();
        let mut transaction = self.api.begin(self.deadline).await?;
        let done = dead_letters::redrive(&mut transaction, ids, now).await?;
        let mut shards = Vec::new();
        if !done.is_empty() {
            let repaired = Repaired { ids, selection: self.selection, done: &done };
            shards = self.api.audit(&mut transaction, repaired.redriven(self.caller.actor()), now).await?;
        }
        transaction.commit().await?;
        Ok((done, shards))
    }
}

#[derive(Default)]
struct Done {
    tallies: Vec<Tally>,
    shards: Vec<i16>,
}

impl Done {
    /// Part by part, until one fails or the time is up. What was committed stays, and is answered: an error is one only where nothing was.
    async fn redrive(&mut self, work: &Work<'_>, ids: &[i64]) -> Result<(), Failure> {
        for (n, part) in ids.chunks(PART).enumerate() {
            // The first is begun whatever it took to find them: otherwise no request would ever come further.
            if n > 0 && work.deadline.is_near() {
                break;
            }
            match work.part(part).await {
                Ok((tallies, shards)) => {
                    self.shards.extend(shards);
                    self.add(tallies);
                }
                Err(Failure::Database(error)) if !self.tallies.is_empty() => {
                    tracing::error!(
                        error.message = %error,
                        dead_letters.redriven = self.letters(),
                        "A redrive ended early: the rest is left for another request"
                    );
                    break;
                }
                Err(error) => return Err(error),
            }
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

    fn letters(&self) -> i64 {
        self.tallies.iter().map(|tally| tally.letters).sum()
    }

    fn answer(mut self, dry_run: bool, matching: u64) -> RedriveAnswer {
        self.tallies.sort();
        let letters = self.letters();
        let left = i64::try_from(matching).unwrap_or(i64::MAX) - letters;
        let by_class = self.tallies.into_iter().map(TallyAnswer::of).collect();
        RedriveAnswer { dry_run, letters, by_class, left }
    }
}
