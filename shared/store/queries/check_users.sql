with
-- Each login with the one before which failures do not count any more, in the order in which the history was written.
login as (
    select
        user_id, auth_event_id, status, occurred_at,
        max(auth_event_id) filter (where status = 'success') over (partition by user_id) as succeeded
    from user_auth_events
    where action = 'login'
),
logins as (
    select
        user_id,
        count(*) filter (where status = 'failure' and auth_event_id > coalesce(succeeded, 0)) as failed,
        max(occurred_at) filter (where status = 'success') as latest
    from login
    group by user_id
),
-- One that is dated far ahead of its record counts as of the record, whose time is not kept: it may be earlier, and no later. Of the
-- erased nothing is kept.
recomputed as (
    select
        users.user_id,
        case when users.erased_at is null then coalesce(logins.failed, 0) else 0 end as failed_logins,
        case when users.erased_at is null and logins.latest is not null then least(users.last_login_at, logins.latest) end as last_login_at
    from users
    left join logins using (user_id)
),
stored as not materialized (
    select user_id, failed_logins::bigint as failed_logins, last_login_at from users
),
differing as (
    select user_id as key, to_jsonb(stored) as stored, to_jsonb(recomputed) as recomputed
    from stored
    full join recomputed using (user_id)
    where stored is distinct from recomputed
)
select
    (select count(*) from stored) + (select count(*) from differing where stored is null) as "compared!",
    (select count(*) from differing) as "differing!",
    array(select key from differing order by key limit $1) as "keys!",
    array(select stored::text from differing order by key limit $1) as "stored!: Vec<Option<String>>",
    array(select recomputed::text from differing order by key limit $1) as "recomputed!: Vec<Option<String>>"
