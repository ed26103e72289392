//! `operator dlq`.

mod list;
mod parts;
mod repair;
mod show;

use store::PgConnection;

use crate::Session;
use crate::answer::Answer;
use crate::arguments::Dlq;

pub(crate) async fn run(command: Dlq, connection: &mut PgConnection, session: &Session<'_>) -> anyhow::Result<Answer> {
    match command {
        Dlq::List(list) => list::list(list, connection, session).await,
        Dlq::Show { id, value, json } => show::show(id, value, json, connection, session).await,
        Dlq::Redrive(repair) => repair::redrive(repair, connection, session).await,
        Dlq::Discard { repair, reason } => repair::discard(repair, &reason, connection, session).await,
    }
}
