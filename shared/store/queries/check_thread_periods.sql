with
daily as (
    select
        thread_id,
        (happened_at at time zone 'UTC')::date as day,
        sum(views) as views, sum(comments) as comments, sum(up_votes) as up_votes, sum(down_votes) as down_votes
    from thread_activity
    group by 1, 2
),
-- A day is in one week, which begins on a Monday, and in one month.
recomputed as (
    select
        thread.course_id, counted.period collate "C" as period, counted.starts_on, thread_id,
        sum(daily.views)::bigint as views, sum(daily.comments)::bigint as comments,
        sum(daily.up_votes)::bigint as up_votes, sum(daily.down_votes)::bigint as down_votes
    from daily
    join thread_aggregates as thread using (thread_id)
    cross join lateral (
        values
            ('day', daily.day),
            ('week', date_trunc('week', daily.day::timestamp)::date),
            ('month', date_trunc('month', daily.day::timestamp)::date)
    ) as counted (period, starts_on)
    group by 1, 2, 3, 4
    -- One in which all came to nothing may have a row, or none.
    having (sum(daily.views), sum(daily.comments), sum(daily.up_votes), sum(daily.down_votes)) <> (0, 0, 0, 0)
),
stored as not materialized (
    select course_id, period, starts_on, thread_id, views, comments, up_votes, down_votes
    from thread_periods
    where (views, comments, up_votes, down_votes) <> (0, 0, 0, 0)
),
differing as (
    select concat_ws(' ', course_id, period, starts_on, thread_id) as key, to_jsonb(stored) as stored, to_jsonb(recomputed) as recomputed
    from stored
    full join recomputed using (course_id, period, starts_on, thread_id)
    where stored is distinct from recomputed
)
select
    (select count(*) from stored) + (select count(*) from differing where stored is null) as "compared!",
    (select count(*) from differing) as "differing!",
    array(select key from differing order by key limit $1) as "keys!",
    array(select stored::text from differing order by key limit $1) as "stored!: Vec<Option<String>>",
    array(select recomputed::text from differing order by key limit $1) as "recomputed!: Vec<Option<String>>"
