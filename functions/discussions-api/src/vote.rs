use api::{Failure, invalid};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use events::{Data, UserId, Vote, VoteCast};
use http::HeaderMap;
use lambda::Problem;
use serde::{Deserialize, Serialize};
use store::discussions::votes::{self, NewVote};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::change::Change;
use crate::{BODY_LIMIT, asked, path};

/// A vote that is wanted.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewVote)]
#[serde(deny_unknown_fields)]
pub(crate) struct VoteRequest {
    /// Who votes.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9_.:-]+$", example = "u-1842")]
    voter: String,
    /// `up` or `down`, and `none` for who takes their vote back.
    #[schema(pattern = "^(up|down|none)$", example = "up")]
    vote: String,
}

/// Somebody's vote, and how many there are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Votes)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VoteAnswer {
    /// Their vote now: `up`, `down` or `none`.
    #[schema(example = "up")]
    vote: &'static str,
    /// How many are for it.
    #[schema(minimum = 0)]
    up_votes: i64,
    /// How many are against it.
    #[schema(minimum = 0)]
    down_votes: i64,
}

/// Who wants to vote, and how.
pub(crate) struct Ballot {
    voter: UserId,
    vote: Vote,
}

/// What is voted on, which nobody else changes meanwhile, and the votes that it has.
pub(crate) struct Subject {
    pub(crate) thread_id: Uuid,
    /// Where it is not the thread itself.
    pub(crate) comment_id: Option<Uuid>,
    pub(crate) up_votes: i64,
    pub(crate) down_votes: i64,
}

/// Reads a request for a vote.
pub(crate) fn ballot(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Ballot, Problem> {
    let body = body.map_err(|error| api::unread_body(&error, BODY_LIMIT))?;
    let VoteRequest { voter, vote } = api::json(headers, &body, "a vote")?;
    let voter = asked::person("voter", &voter)?;
    let vote = named(&vote).ok_or_else(|| invalid("vote", "The vote is not up, down or none."))?;
    Ok(Ballot { voter, vote })
}

/// Gives somebody this vote, and tells of it where they had another one.
pub(crate) async fn cast(
    change: &mut Change<'_>,
    Subject { thread_id, comment_id, up_votes, down_votes }: Subject,
    Ballot { voter, vote }: Ballot,
) -> Result<VoteAnswer, Failure> {
    let previous = votes::find(change.connection(), thread_id, comment_id, voter.as_str()).await?;
    let previous = previous.as_deref().and_then(named).unwrap_or(Vote::None);
    if vote == previous {
        return Ok(VoteAnswer { vote: vote.name(), up_votes, down_votes });
    }
    let new = NewVote { thread_id, comment_id, voter_id: voter.as_str(), previous: previous.name(), vote: vote.name() };
    let now = change.now();
    let votes = votes::cast(change.connection(), &new, now).await?;
    let told = VoteCast {
        thread_id: path::thread_id(thread_id),
        comment_id: comment_id.map(path::comment_id),
        voter_id: voter,
        vote,
        previous,
    };
    change.tell(votes.version, Data::VoteCast(told)).await?;
    Ok(VoteAnswer { vote: vote.name(), up_votes: votes.up_votes, down_votes: votes.down_votes })
}

fn named(name: &str) -> Option<Vote> {
    [Vote::Up, Vote::Down, Vote::None].into_iter().find(|vote| vote.name() == name)
}
