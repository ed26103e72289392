//! `operator api-key`.

use anyhow::{Context as _, anyhow};
use api::{Key, key_created, key_revoked};
use serde_json::{Value, json};
use store::api_keys;
use store::{Connection as _, PgConnection};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::Session;
use crate::answer::Answer;
use crate::arguments::{ApiKey, NewKey};
use crate::bytes::{cut, shown};
use crate::table::table;
use crate::when::{age, span, written};

pub(crate) async fn run(
    command: ApiKey,
    connection: &mut PgConnection,
    session: &Session<'_>,
) -> anyhow::Result<Answer> {
    match command {
        ApiKey::Create(wanted) => create(&wanted, connection, session).await,
        ApiKey::List { limit, json } => list(limit, json, connection, session).await,
        ApiKey::Revoke { id } => revoke(&id, connection, session).await,
    }
}

async fn create(wanted: &NewKey, connection: &mut PgConnection, session: &Session<'_>) -> anyhow::Result<Answer> {
    let expires_at = wanted.expires_in_days.map(|days| session.now + Duration::days(days.into()));
    let new = api::NewKey::new(&wanted.name, &wanted.scopes, &wanted.sources, expires_at, session.now)
        .map_err(|error| anyhow!("no key was made: {error} (`operator api-key create --help`)"))?;
    let key = Key::generate(&mut rand::rng());
    let row = new.row(&key, &session.actor, session.now);
    let mut transaction = connection.begin().await?;
    api_keys::insert(&mut transaction, &row).await?;
    let made = key_created(session.actor.clone(), &row.key_id, &row.scopes);
    session.audit(&mut transaction, made).await?;
    transaction.commit().await?;
    tracing::info!(api_key.id = key.id(), api_key.scopes = row.scopes.join(" "), user = session.user, "API key made");
    if wanted.json {
        let mut shown = as_json(&row, session.now);
        shown["key"] = key.reveal().into();
        return Answer::json(&shown);
    }
    let until = expires_at.map_or_else(|| "for ever".to_owned(), |at| format!("until {}", written(at, session.now)));
    Ok(Answer::text(format!(
        "Key {} may {}, {until}. It is shown this once:\n\n  {}\n\nSend it with each request as `Authorization: Bearer KEY`.",
        key.id(),
        row.scopes.join(", "),
        key.reveal()
    )))
}

async fn list(limit: u32, json: bool, connection: &mut PgConnection, session: &Session<'_>) -> anyhow::Result<Answer> {
    // One more than is shown, to know whether there are more.
    let mut keys = api_keys::list(connection, None, i64::from(limit) + 1).await?;
    let more = keys.len() > limit as usize;
    keys.truncate(limit as usize);
    if json {
        return Answer::json(&keys.iter().map(|key| as_json(key, session.now)).collect::<Vec<_>>());
    }
    if keys.is_empty() {
        return Ok(Answer::text("There are no API keys. `make api-key DO=\"create --help\"` says how to make one."));
    }
    let head = ["id", "name", "state", "expires", "last used", "age", "made by", "scopes", "sources"];
    let rows: Vec<_> = keys.iter().map(|key| row(key, session.now)).collect();
    let more = if more { "\nThere are older ones: a higher --limit shows them.\n" } else { "" };
    Ok(Answer::text(table(&head, &rows) + more))
}

async fn revoke(id: &str, connection: &mut PgConnection, session: &Session<'_>) -> anyhow::Result<Answer> {
    let mut transaction = connection.begin().await?;
    let revoked = api_keys::revoke(&mut transaction, id, session.now).await?;
    // What was written instead of the id may be a key.
    let revoked = revoked.context("there is no key of this id: `operator api-key list` shows them")?;
    if !revoked.is_new {
        return Ok(Answer::text(format!("Key {id} was revoked before.")));
    }
    session.audit(&mut transaction, key_revoked(session.actor.clone(), id, &revoked.scopes)).await?;
    transaction.commit().await?;
    tracing::info!(api_key.id = id, user = session.user, "API key revoked");
    Ok(Answer::text(format!("Key {id} is worth nothing from now on.")))
}

fn state(key: &api_keys::ApiKey, now: OffsetDateTime) -> &'static str {
    match key {
        _ if key.revoked_at.is_some() => "revoked",
        _ if key.expires_at.is_some_and(|at| at <= now) => "expired",
        _ => "good",
    }
}

fn row(key: &api_keys::ApiKey, now: OffsetDateTime) -> Vec<String> {
    let expires = match key.expires_at {
        None => "never".to_owned(),
        Some(at) if at <= now => format!("{} ago", age(at, now)),
        Some(at) => format!("in {}", span(at - now)),
    };
    vec![
        key.key_id.clone(),
        cut(&shown(key.name.as_bytes()), 40),
        state(key, now).to_owned(),
        expires,
        key.last_used_at.map_or_else(|| "never".to_owned(), |at| format!("{} ago", age(at, now))),
        age(key.created_at, now),
        shown(key.created_by.as_bytes()),
        key.scopes.join(" "),
        cut(&shown(key.sources.join(" ").as_bytes()), 60),
    ]
}

fn as_json(key: &api_keys::ApiKey, now: OffsetDateTime) -> Value {
    let moment = |at: OffsetDateTime| at.format(&Rfc3339).ok();
    json!({
        "keyId": key.key_id,
        "name": key.name,
        "state": state(key, now),
        "scopes": key.scopes,
        "sources": key.sources,
        "createdAt": moment(key.created_at),
        "createdBy": key.created_by,
        "expiresAt": key.expires_at.and_then(moment),
        "lastUsedAt": key.last_used_at.and_then(moment),
        "revokedAt": key.revoked_at.and_then(moment),
    })
}
