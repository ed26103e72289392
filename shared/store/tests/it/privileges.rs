use testkit::TestDatabase;

use crate::sqlstate;

/// A table that is not in this list, or a privilege that is not, was never meant for functions.
#[tokio::test]
async fn the_application_may_do_exactly_what_is_granted() {
    let database = TestDatabase::new().await;
    let granted: Vec<String> = sqlx::query_scalar(
        "select relname || ': ' || string_agg(lower(privilege_type), ', ' order by privilege_type)
         from pg_class, aclexplode(relacl) as acl
         where relnamespace = 'public'::regnamespace and grantee in ('onceward_app'::regrole, 0)
         group by relname order by relname",
    )
    .fetch_all(&database.pool)
    .await
    .unwrap();
    assert_eq!(
        granted,
        [
            "api_keys: insert, select",
            "audit_heads: insert, select, update",
            "audit_log: insert, select",
            "audit_verifications: insert, select, update",
            "blocked_keys: delete, insert, select",
            "clicks: insert, select",
            "comments: insert, select",
            "consumer_batch_totals: insert, select, update",
            "consumer_batches: delete, insert, select",
            "consumer_failures: delete, insert, select, update",
            "consumer_totals: insert, select, update",
            "course_days: insert, select",
            "dead_letters: delete, insert, select",
            "idempotency_keys: delete, insert, select, update",
            "inbox: delete, insert, select",
            "inventory: insert, select",
            "inventory_adjustments: insert, select",
            "link_click_deltas: delete, insert, select",
            "link_clicks_by_country: insert, select, update",
            "link_clicks_by_country_current: select",
            "link_clicks_daily: insert, select, update",
            "link_clicks_daily_current: select",
            "link_clicks_hourly: insert, select, update",
            "link_clicks_hourly_current: select",
            "links: insert, select",
            "order_items: insert, select",
            "orders: insert, select",
            "outbox: delete, insert, select",
            "outbox_failures: delete, insert, select, update",
            "outbox_totals: insert, select, update",
            "parked_events: delete, insert, select",
            "payments: insert, select",
            "thread_activity: insert, select",
            "thread_aggregates: insert, select",
            "thread_periods: insert, select",
            "threads: insert, select",
            "user_auth_events: insert, select",
            "users: insert, select, update",
            "votes: delete, insert, select",
        ]
    );
}

/// What may be changed of rows whose other columns are facts.
#[tokio::test]
async fn the_application_may_change_only_the_columns_that_say_what_became_of_a_record() {
    let database = TestDatabase::new().await;
    let granted: Vec<String> = sqlx::query_scalar(
        "select attrelid::regclass || ': ' || string_agg(attname, ', ' order by attname)
         from pg_attribute, aclexplode(attacl) as acl
         where grantee = 'onceward_app'::regrole and privilege_type = 'UPDATE'
         group by attrelid order by attrelid::regclass::text",
    )
    .fetch_all(&database.pool)
    .await
    .unwrap();
    assert_eq!(
        granted,
        [
            "api_keys: last_used_at, revoked_at",
            "blocked_keys: blocked_at",
            "comments: content, deleted_at, down_votes, edited_at, up_votes",
            "course_days: comments, down_votes, threads, up_votes, views",
            "dead_letters: attempts, error, error_class, event_id, event_source, failed_at, forward_error, forwarded_at, reason, resolved_at, state",
            "inbox: state",
            "inventory: adjustments, quantity",
            "orders: refunded, settled",
            "parked_events: awaits_id, awaits_kind, event_id, event_source, next_try_at, tries",
            "thread_aggregates: comments, created_title, deleted_at, down_votes, last_activity_at, title, title_sequence, up_votes, views",
            "thread_periods: comments, down_votes, up_votes, views",
            "threads: comments, content, deleted_at, down_votes, edited_at, last_place, title, up_votes, version, views",
            "user_auth_events: ip_address, user_agent",
            "votes: vote, voted_at",
        ]
    );
}

#[tokio::test]
async fn the_application_is_refused_what_would_lose_or_forge_facts() {
    let database = TestDatabase::new().await;
    for statement in [
        "update clicks set country = 'XX'",
        "delete from clicks",
        "truncate clicks",
        "insert into clicks_default select * from clicks",
        "delete from clicks_default",
        "alter table clicks add column more text",
        "drop table clicks",
        "update links set target = 'https://evil.example/'",
        "delete from links",
        "update dead_letters set value = ''",
        "update dead_letters set key = ''",
        "update parked_events set value = ''",
        "update inbox set event_id = ''",
        "update outbox set payload = ''",
        "delete from outbox_totals",
        "update consumer_batches set counts = '{}'",
        "update audit_log set status = 'success'",
        "delete from audit_log",
        "truncate audit_log",
        "alter table audit_log disable trigger audit_log_append_only",
        "set session_replication_role = replica",
        "delete from audit_heads",
        "delete from audit_verifications",
        "delete from users",
        "update user_auth_events set status = 'success'",
        "delete from user_auth_events",
        "update api_keys set scopes = '{admin}'",
        "update api_keys set secret_sha256 = ''",
        "update api_keys set expires_at = null",
        "delete from api_keys",
        "update orders set total = 0",
        "update orders set user_id = 'somebody else'",
        "delete from orders",
        "update order_items set quantity = 1",
        "delete from order_items",
        "update payments set amount = 1",
        "delete from payments",
        "update inventory_adjustments set delta = 0",
        "delete from inventory_adjustments",
        "delete from inventory",
        "truncate orders cascade",
        "update threads set author_id = 'somebody else'",
        "update threads set created_at = now()",
        "delete from threads",
        "update comments set author_id = 'somebody else'",
        "update comments set place = 1",
        "delete from comments",
        "update votes set voter_id = 'somebody else'",
        "alter table orders disable trigger orders_items_total_insert",
        "update thread_aggregates set course_id = 'another'",
        "delete from thread_aggregates",
        "update thread_activity set views = 2",
        "delete from thread_activity",
        "truncate thread_activity",
        "update thread_periods set starts_on = now()",
        "delete from thread_periods",
        "update course_days set day = now()",
        "delete from course_days",
        "delete from link_clicks_hourly",
        "delete from link_clicks_daily",
        "delete from link_clicks_by_country",
        "truncate link_clicks_daily",
        "truncate idempotency_keys",
        "select * from _sqlx_migrations",
        "update _sqlx_migrations set success = false",
        "create table more ()",
        "create schema more",
        "create role more",
        "set role onceward_owner",
    ] {
        let refused = sqlx::query(statement).execute(&database.pool).await.expect_err(statement);
        assert_eq!(sqlstate(&refused), "42501", "{statement}: {refused}");
    }
}

/// What runs as the owner does what the application may not: each such function is here because it was thought about.
#[tokio::test]
async fn the_application_runs_no_other_functions_of_the_owner() {
    let database = TestDatabase::new().await;
    let functions: Vec<String> = sqlx::query_scalar(
        "select proname || ': ' || proconfig[1] from pg_proc
         where pronamespace = 'public'::regnamespace and prosecdef
         and has_function_privilege('onceward_app', pg_proc.oid, 'execute')
         order by proname",
    )
    .fetch_all(&database.pool)
    .await
    .unwrap();
    assert_eq!(
        functions,
        [
            "erase_dead_letters: search_path=pg_catalog, pg_temp",
            "erase_dead_letters: search_path=pg_catalog, pg_temp",
            "make_click_partitions: search_path=public, pg_temp"
        ]
    );
}

/// The function that makes partitions runs as the owner: what is found through the caller's search path must not.
#[tokio::test]
async fn a_function_of_the_owner_does_not_run_what_the_application_put_in_its_way() {
    let database = TestDatabase::new().await;
    let mut connection = database.pool.acquire().await.unwrap();
    for statement in [
        "create temporary table clicks_default (event_id uuid)",
        "create function pg_temp.uuidv7_floor(timestamptz) returns uuid language plpgsql
             as $$ begin raise 'run as %', current_user; end $$",
        "set search_path = pg_temp, public",
    ] {
        sqlx::query(statement).execute(&mut *connection).await.unwrap();
    }
    let made: Vec<String> = sqlx::query_scalar("select public.make_click_partitions('2031-05-01', 1)")
        .fetch_all(&mut *connection)
        .await
        .unwrap();
    assert_eq!(made, ["clicks_2031_05"]);
}
