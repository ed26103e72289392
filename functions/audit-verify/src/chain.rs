use store::audit_log::{Place, Verification};
use store::{Error, PgConnection};
use time::{Duration, OffsetDateTime};

use crate::broken::{Broken, How};
use crate::compare::Compared;
use crate::walk::{End, Walk, walk};

/// What is known of a chain before it is looked at.
pub(crate) struct Known {
    /// What earlier runs came to.
    pub(crate) verification: Verification,
    /// Its place in the last checkpoint: the start where it is in none, and none where nobody can say.
    pub(crate) checkpoint: Option<Place>,
    /// How its rows compare with what is known from elsewhere.
    pub(crate) compared: Compared,
}

/// What a run came to.
pub(crate) struct Looked {
    /// What is to be kept.
    pub(crate) verification: Verification,
    /// Its place in the next checkpoint.
    pub(crate) checkpoint: Option<Place>,
    /// Rows that were verified.
    pub(crate) rows: u64,
    /// What is wrong with it, as this run or an earlier one found.
    pub(crate) broken: Option<Broken>,
}

/// Verifies what came since the last checkpoint, and goes on with the pass. `is_over` says when there is no more time.
pub(crate) async fn look(
    connection: &mut PgConnection,
    known: Known,
    (now, again_after): (OffsetDateTime, Duration),
    is_over: impl Fn() -> bool,
) -> Result<Looked, Error> {
    let Known { mut verification, checkpoint, compared } = known;
    begin(&mut verification, &compared, now - again_after);
    let chain = verification.chain.clone();
    let since = match checkpoint.clone() {
        Some(from) => Some(walk(connection, &chain, from, |_| is_over()).await?),
        None => None,
    };
    let holds = compared.is_same() && !since.as_ref().is_some_and(Walk::is_broken);
    let (mut pass, mut found) = (None, None);
    match &since {
        Some(since) if holds && verification.completed_at.is_some() => verification.verified = since.place.clone(),
        Some(_) if is_over() => {}
        _ => {
            let walked = walk(connection, &chain, verification.verified.clone(), |_| is_over()).await?;
            found = verdict(&compared, &walked, &verification);
            pass = Some(walked);
        }
    }
    let rows = [&since, &pass].into_iter().flatten().map(|walk| walk.rows).sum();
    let found = found.or_else(|| since.as_ref().and_then(|since| verdict(&compared, since, &verification)));
    let checkpoint = since.filter(|_| holds).map(|since| since.place).or(checkpoint).filter(|place| place.seq > 0);
    conclude(&mut verification, pass, found.as_ref(), now);
    let broken = found.or_else(|| verification.broken.as_ref().map(found_before));
    Ok(Looked { verification, checkpoint, rows, broken })
}

/// A pass begins anew when the last one is old, and where it is news that rows are not what they were.
fn begin(verification: &mut Verification, compared: &Compared, completed_before: OffsetDateTime) {
    let is_old = verification.completed_at.is_some_and(|completed| completed <= completed_before);
    if is_old || (!compared.is_same() && verification.broken.is_none()) {
        restart(verification);
    }
}

/// What is wrong with the chain. What only a comparison tells was told best when it was news: then all checkpoints were compared.
fn verdict(compared: &Compared, walk: &Walk, verification: &Verification) -> Option<Broken> {
    let broken = compared.verdict(walk)?;
    let before = verification.broken.as_ref().filter(|_| !walk.came_upon(&broken));
    Some(before.map_or(broken, found_before))
}

fn restart(verification: &mut Verification) {
    (verification.verified, verification.completed_at) = (Place::start(), None);
}

/// What was found broken stays so until a whole pass finds nothing. Until then pass follows pass.
fn conclude(verification: &mut Verification, pass: Option<Walk>, found: Option<&Broken>, now: OffsetDateTime) {
    let has_ended = pass.as_ref().is_some_and(|pass| pass.end != End::Unfinished);
    if let Some(pass) = pass {
        verification.verified = pass.place;
    }
    if let Some(broken) = found {
        if has_ended || verification.broken.is_none() {
            restart(verification);
        }
        verification.broken = Some((broken.seq, broken.how.name().to_owned()));
    } else if has_ended {
        verification.completed_at.get_or_insert(now);
        verification.broken = None;
    }
}

fn found_before((seq, how): &(i64, String)) -> Broken {
    let how = How::of(how).unwrap_or(How::Edited);
    Broken::new(*seq, how, "found by an earlier run, and no whole pass since then has found the chain whole")
}
