//! `users`: the directory.

use sqlx::{Error, PgConnection};
use time::OffsetDateTime;

/// A user. Versions say what set a field: the greater one, byte by byte, is newer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// Who that is.
    pub user_id: String,
    /// What kind of user.
    pub user_type: Option<String>,
    /// The address, as it was given.
    pub email: Option<String>,
    /// The address in lower case, which no other user has.
    pub email_key: Option<String>,
    /// What they are called.
    pub display_name: Option<String>,
    /// What set the kind.
    pub user_type_version: Option<String>,
    /// What set the address.
    pub email_version: Option<String>,
    /// What set the name.
    pub display_name_version: Option<String>,
    /// The version of the registration.
    pub registered_version: Option<String>,
    /// When they registered, as the event says.
    pub registered_at: Option<OffsetDateTime>,
    /// The latest login that succeeded.
    pub last_login_at: Option<OffsetDateTime>,
    /// Logins that failed since one succeeded.
    pub failed_logins: i32,
    /// When the person was erased: nothing about them is kept.
    pub erased_at: Option<OffsetDateTime>,
}

/// Which of these users are there, the erased ones among them.
pub async fn existing(connection: &mut PgConnection, user_ids: &[String]) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!("select user_id from users where user_id = any($1)", user_ids).fetch_all(connection).await
}

/// Those of these users that are there, locked in the order of their ids until the transaction ends.
pub async fn lock(connection: &mut PgConnection, user_ids: &[&str]) -> sqlx::Result<Vec<User>> {
    sqlx::query_as!(
        User,
        "select user_id, user_type, email, email_key, display_name, user_type_version, email_version, display_name_version,
             registered_version, registered_at, last_login_at, failed_logins, erased_at
         from users where user_id = any($1) order by user_id for no key update",
        user_ids as &[&str]
    )
    .fetch_all(connection)
    .await
}

/// Who has these addresses: each key with the user that has it.
pub async fn holders(connection: &mut PgConnection, email_keys: &[&str]) -> sqlx::Result<Vec<(String, String)>> {
    let rows = sqlx::query!(
        r#"select email_key as "email_key!", user_id from users where email_key = any($1)"#,
        email_keys as &[&str]
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.email_key, row.user_id)).collect())
}

/// Whether the statement came too late: another transaction has registered one of the users, or taken one of the addresses, since
/// they were looked for.
#[must_use]
pub fn is_overtaken(error: &Error) -> bool {
    let constraint = error.as_database_error().and_then(|error| error.constraint());
    matches!(constraint, Some("users_pkey" | "users_email_key"))
}

/// Inserts users, as they registered.
pub async fn insert(connection: &mut PgConnection, users: &[&User]) -> sqlx::Result<()> {
    let users = by_address(users);
    let texts = Texts::of(&users);
    sqlx::query_file!(
        "queries/insert_users.sql",
        &texts.user_id as &[&str],
        &texts.user_type as &[Option<&str>],
        &texts.email as &[Option<&str>],
        &texts.email_key as &[Option<&str>],
        &texts.display_name as &[Option<&str>],
        &texts.user_type_version as &[Option<&str>],
        &texts.email_version as &[Option<&str>],
        &texts.display_name_version as &[Option<&str>],
        &users.iter().map(|user| user.registered_version.as_deref()).collect::<Vec<_>>() as &[Option<&str>],
        &users.iter().map(|user| user.registered_at).collect::<Vec<_>>() as &[Option<OffsetDateTime>],
    )
    .execute(connection)
    .await
    .map(drop)
}

/// Takes from these users, all locked, the addresses that others of the same transaction are about to get: [`update`] gives them
/// their new ones. A statement that changes several rows checks each as it is changed, and not once all are.
pub async fn free_addresses(connection: &mut PgConnection, user_ids: &[&str]) -> sqlx::Result<()> {
    // No address begins with a space.
    sqlx::query!("update users set email_key = ' ' || user_id where user_id = any($1)", user_ids as &[&str])
        .execute(connection)
        .await
        .map(drop)
}

/// Writes what has become of users, all locked and none erased.
///
/// Where the plan of the statement does not keep the order of the addresses, two transactions may come to a deadlock: that passes.
pub async fn update(connection: &mut PgConnection, users: &[&User]) -> sqlx::Result<()> {
    let users = by_address(users);
    let texts = Texts::of(&users);
    let updated = sqlx::query_file!(
        "queries/update_users.sql",
        &texts.user_id as &[&str],
        &texts.user_type as &[Option<&str>],
        &texts.email as &[Option<&str>],
        &texts.email_key as &[Option<&str>],
        &texts.display_name as &[Option<&str>],
        &texts.user_type_version as &[Option<&str>],
        &texts.email_version as &[Option<&str>],
        &texts.display_name_version as &[Option<&str>],
        &users.iter().map(|user| user.last_login_at).collect::<Vec<_>>() as &[Option<OffsetDateTime>],
        &users.iter().map(|user| user.failed_logins).collect::<Vec<_>>(),
    )
    .execute(connection)
    .await?;
    if updated.rows_affected() == users.len() as u64 { Ok(()) } else { Err(Error::RowNotFound) }
}

/// In the order of the addresses: of two transactions that want the same ones each would otherwise hold one that the other waits for.
fn by_address<'a>(users: &[&'a User]) -> Vec<&'a User> {
    let mut users = users.to_vec();
    users.sort_by(|a, b| a.email_key.cmp(&b.email_key));
    users
}

/// The columns that both statements write.
struct Texts<'a> {
    user_id: Vec<&'a str>,
    user_type: Vec<Option<&'a str>>,
    email: Vec<Option<&'a str>>,
    email_key: Vec<Option<&'a str>>,
    display_name: Vec<Option<&'a str>>,
    user_type_version: Vec<Option<&'a str>>,
    email_version: Vec<Option<&'a str>>,
    display_name_version: Vec<Option<&'a str>>,
}

impl<'a> Texts<'a> {
    fn of(users: &[&'a User]) -> Self {
        let column = |of: fn(&'a User) -> &'a Option<String>| users.iter().map(|user| of(user).as_deref()).collect();
        Self {
            user_id: users.iter().map(|user| user.user_id.as_str()).collect(),
            user_type: column(|user| &user.user_type),
            email: column(|user| &user.email),
            email_key: column(|user| &user.email_key),
            display_name: column(|user| &user.display_name),
            user_type_version: column(|user| &user.user_type_version),
            email_version: column(|user| &user.email_version),
            display_name_version: column(|user| &user.display_name_version),
        }
    }
}
