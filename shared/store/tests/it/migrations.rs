use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use testkit::{TestDatabase, unique_name};

/// Takes away all that the migrations have made.
async fn empty(database: &TestDatabase) -> PgConnection {
    let mut owner = PgConnection::connect(&database.owner_url()).await.unwrap();
    for statement in ["drop schema public cascade", "create schema public"] {
        sqlx::query(statement).execute(&mut owner).await.unwrap();
    }
    owner
}

/// Everything that the database says of its tables, constraints, functions and privileges.
async fn schema(owner: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar(
        "select concat_ws(' ', relname, relkind, relacl, pg_get_expr(relpartbound, oid), obj_description(oid))
         from pg_class where relnamespace = 'public'::regnamespace
         union all
         select concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid))
         from pg_constraint where connamespace = 'public'::regnamespace
         union all
         select concat_ws(' ', proname, proacl, md5(prosrc)) from pg_proc where pronamespace = 'public'::regnamespace
         order by 1",
    )
    .fetch_all(owner)
    .await
    .unwrap()
}

#[tokio::test]
async fn migrations_fill_an_empty_database_and_again_change_nothing() {
    let database = TestDatabase::new().await;
    let mut owner = empty(&database).await;
    let applied = store::migrate(&database.owner_url()).await.unwrap();
    assert_eq!(applied.len(), store::migrations().iter().count());
    assert_eq!(applied.first().map(String::as_str), Some("0001 roles"));
    let once = schema(&mut owner).await;
    assert!(once.iter().any(|line| line.starts_with("links ")), "{once:#?}");
    assert_eq!(store::migrate(&database.owner_url()).await.unwrap(), Vec::<String>::new());
    assert_eq!(schema(&mut owner).await, once);
}

/// An administrator has made both roles, and the owner may make none.
#[tokio::test]
async fn an_owner_who_may_make_no_roles_can_migrate_where_they_are_there() {
    let database = TestDatabase::new().await;
    let owner = empty(&database).await;
    owner.close().await.unwrap();
    let name = unique_name().replace('.', "_");
    let mut creator = PgConnection::connect(&database.owner_url()).await.unwrap();
    let make = format!(
        "create role {name} login nocreaterole; grant {name} to onceward_owner;
         do $$ begin execute format('alter database %I owner to {name}', current_database()); end $$;
         alter schema public owner to {name}"
    );
    sqlx::raw_sql(AssertSqlSafe(make)).execute(&mut creator).await.unwrap();
    let url = database.owner_url().replace("onceward_owner", &name);
    let applied = store::migrate(&url).await;
    let undo = format!("reassign owned by {name} to onceward_owner; drop owned by {name}; drop role {name}");
    sqlx::raw_sql(AssertSqlSafe(undo)).execute(&mut creator).await.unwrap();
    assert_eq!(applied.unwrap().len(), store::migrations().iter().count());
}

#[tokio::test]
async fn two_migrations_at_once_apply_each_one_once() {
    let database = TestDatabase::new().await;
    empty(&database).await;
    let url = database.owner_url();
    let (one, other) = tokio::join!(store::migrate(&url), store::migrate(&url));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(one.len() + other.len(), store::migrations().iter().count(), "{one:?} {other:?}");
    assert!(one.is_empty() || other.is_empty(), "{one:?} {other:?}");
}

#[tokio::test]
async fn a_database_that_is_ahead_is_taken_as_it_is() {
    let database = TestDatabase::new().await;
    let mut owner = PgConnection::connect(&database.owner_url()).await.unwrap();
    let ahead = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (9999, 'of a later release', true, '\\x00', 0)";
    sqlx::query(ahead).execute(&mut owner).await.unwrap();
    assert_eq!(store::migrate(&database.owner_url()).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_migration_that_was_edited_after_it_was_applied_is_refused() {
    let database = TestDatabase::new().await;
    let mut owner = PgConnection::connect(&database.owner_url()).await.unwrap();
    sqlx::query("update _sqlx_migrations set checksum = '\\x00' where version = 2").execute(&mut owner).await.unwrap();
    let refused = store::migrate(&database.owner_url()).await.unwrap_err();
    assert!(format!("{refused:#}").contains("migration 2 was previously applied but has been modified"), "{refused:#}");
}

#[tokio::test]
async fn a_database_that_is_away_is_said_with_what_to_do() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = store::migrate(&format!("postgres://onceward_owner@{closed}/onceward")).await.unwrap_err();
    assert!(error.to_string().contains("check OWNER_DATABASE_URL"), "{error:#}");
}

#[tokio::test]
async fn every_table_has_a_comment_but_those_of_a_month() {
    let database = TestDatabase::new().await;
    let bare = names(
        &database.pool,
        "select relname::text from pg_class
         where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relname <> '_sqlx_migrations'
           and not (relispartition and relname ~ '^clicks_[0-9]{4}_[0-9]{2}$')
           and obj_description(oid, 'pg_class') is null
         order by 1",
    );
    assert_eq!(bare.await, Vec::<String>::new(), "tables without a comment");
}

/// One that PostgreSQL named would be named otherwise after a restore or in another version, and no migration could speak of it.
#[tokio::test]
async fn every_constraint_and_index_has_the_name_that_a_migration_gave_it() {
    let database = TestDatabase::new().await;
    let text: String = store::migrations().iter().map(|migration| migration.sql.as_str().to_owned()).collect();
    // What partitions have is named after that of the whole table.
    let constraints = names(
        &database.pool,
        "select 'constraint ' || conname from pg_constraint join pg_class on pg_class.oid = conrelid
         where relnamespace = 'public'::regnamespace and not relispartition and contype <> 'n' and relname <> '_sqlx_migrations'",
    );
    let indexes = names(
        &database.pool,
        "select 'index ' || index.relname from pg_index
         join pg_class as index on index.oid = indexrelid
         join pg_class as indexed on indexed.oid = indrelid
         where index.relnamespace = 'public'::regnamespace and not indexed.relispartition
           and not exists (select from pg_constraint where conindid = indexrelid)",
    );
    let (constraints, indexes) = tokio::join!(constraints, indexes);
    assert!(constraints.len() >= 9 && indexes.len() >= 2, "{constraints:?} {indexes:?}");
    for name in constraints.iter().chain(&indexes) {
        assert!(text.contains(&format!("{name} ")), "no migration names {name}");
    }
}

async fn names(pool: &PgPool, statement: &str) -> Vec<String> {
    sqlx::query_scalar(AssertSqlSafe(statement.to_owned())).fetch_all(pool).await.unwrap()
}
