with
-- Threads that were made, threads that were deleted, and what happened in any.
added as (
    select course_id, (created_at at time zone 'UTC')::date as day, 1 as threads, 0 as views, 0 as comments, 0 as up_votes, 0 as down_votes
    from thread_aggregates
    union all
    select course_id, (deleted_at at time zone 'UTC')::date, -1, 0, 0, 0, 0
    from thread_aggregates
    where deleted_at is not null
    union all
    select
        thread.course_id, (activity.happened_at at time zone 'UTC')::date, 0,
        activity.views, activity.comments, activity.up_votes, activity.down_votes
    from thread_activity as activity
    join thread_aggregates as thread using (thread_id)
),
recomputed as (
    select
        course_id, day,
        sum(threads) as threads, sum(views) as views, sum(comments) as comments, sum(up_votes) as up_votes,
        sum(down_votes) as down_votes
    from added
    group by course_id, day
    -- A day on which all came to nothing may have a row, or none.
    having (sum(threads), sum(views), sum(comments), sum(up_votes), sum(down_votes)) <> (0, 0, 0, 0, 0)
),
stored as not materialized (
    select course_id, day, threads, views, comments, up_votes, down_votes
    from course_days
    where (threads, views, comments, up_votes, down_votes) <> (0, 0, 0, 0, 0)
),
differing as (
    select concat_ws(' ', course_id, day) as key, to_jsonb(stored) as stored, to_jsonb(recomputed) as recomputed
    from stored
    full join recomputed using (course_id, day)
    where stored is distinct from recomputed
)
select
    (select count(*) from stored) + (select count(*) from differing where stored is null) as "compared!",
    (select count(*) from differing) as "differing!",
    array(select key from differing order by key limit $1) as "keys!",
    array(select stored::text from differing order by key limit $1) as "stored!: Vec<Option<String>>",
    array(select recomputed::text from differing order by key limit $1) as "recomputed!: Vec<Option<String>>"
