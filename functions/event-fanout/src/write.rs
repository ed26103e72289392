use std::collections::BTreeSet;

use consumer::Effect;
use store::{Connection, PgConnection, user_auth_events, users};

use crate::directory::Directory;
use crate::told::Told;

/// How often the directory is looked at anew, where somebody else has taken an address in between. Each time another one must have.
const LOOKS: usize = 5;

/// Tells the directory what events of one type say, in their order, and writes what becomes of it.
pub(crate) async fn write(connection: &mut PgConnection, told: &[&Told]) -> Result<Vec<Effect>, store::Error> {
    let mut looks = 1;
    loop {
        let mut directory = look(connection, told).await?;
        let effects = told.iter().map(|told| directory.tell(told)).collect::<Result<Vec<_>, _>>()?;
        let mut savepoint = connection.begin().await?;
        match keep(&mut savepoint, &directory).await {
            Ok(()) => {
                savepoint.commit().await?;
                return Ok(effects);
            }
            Err(error) if users::is_overtaken(&error) && looks < LOOKS => savepoint.rollback().await?,
            Err(error) => return Err(error),
        }
        looks += 1;
    }
}

/// What the directory says of the users and addresses that events name; the users stay locked.
async fn look<'a>(connection: &mut PgConnection, told: &[&'a Told]) -> Result<Directory<'a>, store::Error> {
    let (mut ids, mut keys) = (BTreeSet::new(), BTreeSet::new());
    for told in told {
        match told {
            Told::Registered(registration) => {
                ids.insert(registration.user_id.as_str());
                keys.insert(registration.email_key.as_str());
            }
            Told::Updated(update) => {
                ids.insert(&update.user_id);
                keys.extend(update.email.iter().map(|(_, key)| key.as_str()));
            }
            Told::Authenticated(authentication) => {
                ids.insert(&authentication.event.user_id);
            }
            Told::Audited => {}
        }
    }
    let (ids, keys): (Vec<&str>, Vec<&str>) = (ids.into_iter().collect(), keys.into_iter().collect());
    let found = if ids.is_empty() { Vec::new() } else { users::lock(connection, &ids).await? };
    let holders = if keys.is_empty() { Vec::new() } else { users::holders(connection, &keys).await? };
    Ok(Directory::new(found, holders))
}

async fn keep(connection: &mut PgConnection, directory: &Directory<'_>) -> Result<(), store::Error> {
    let (new, changed, robbed) = (directory.new_users(), directory.changed_users(), directory.robbed());
    if !new.is_empty() {
        users::insert(connection, &new).await?;
    }
    if !robbed.is_empty() {
        users::free_addresses(connection, &robbed).await?;
    }
    if !changed.is_empty() {
        users::update(connection, &changed).await?;
    }
    if !directory.history.is_empty() {
        user_auth_events::insert(connection, &directory.history).await?;
    }
    Ok(())
}
