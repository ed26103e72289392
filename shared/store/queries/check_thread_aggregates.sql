with
added as (
    select
        thread_id,
        sum(views) as views, sum(comments) as comments, sum(up_votes) as up_votes, sum(down_votes) as down_votes,
        -- Views are no activity.
        max(happened_at) filter (where event_type <> 'thread.viewed') as latest,
        min(happened_at) filter (where event_type = 'thread.deleted') as deleted_at
    from thread_activity
    group by thread_id
),
recomputed as (
    select
        thread.thread_id,
        coalesce(added.views, 0) as views, coalesce(added.comments, 0) as comments,
        coalesce(added.up_votes, 0) as up_votes, coalesce(added.down_votes, 0) as down_votes,
        greatest(thread.created_at, added.latest) as last_activity_at, added.deleted_at
    from thread_aggregates as thread
    left join added using (thread_id)
),
stored as not materialized (
    select thread_id, views, comments, up_votes, down_votes, last_activity_at, deleted_at
    from thread_aggregates
),
differing as (
    select thread_id as key, to_jsonb(stored) as stored, to_jsonb(recomputed) as recomputed
    from stored
    full join recomputed using (thread_id)
    where stored is distinct from recomputed
)
select
    (select count(*) from stored) + (select count(*) from differing where stored is null) as "compared!",
    (select count(*) from differing) as "differing!",
    array(select key from differing order by key limit $1) as "keys!",
    array(select stored::text from differing order by key limit $1) as "stored!: Vec<Option<String>>",
    array(select recomputed::text from differing order by key limit $1) as "recomputed!: Vec<Option<String>>"
