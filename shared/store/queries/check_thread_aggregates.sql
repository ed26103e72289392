with
added as (
    select
        thread_id,
        sum(views) as views, sum(comments) as comments, sum(up_votes) as up_votes, sum(down_votes) as down_votes,
        min(happened_at) filter (where event_type = 'thread.created') as created_at,
        -- Views are no activity.
        max(happened_at) filter (where event_type <> 'thread.viewed') as last_activity_at,
        array_agg(happened_at order by happened_at) filter (where event_type = 'thread.deleted') as deletions
    from thread_activity
    group by thread_id
),
recomputed as (
    select
        thread_id, added.views, added.comments, added.up_votes, added.down_votes, added.created_at, added.last_activity_at,
        -- Of several deletions the first that came counts.
        case when thread.deleted_at = any (added.deletions) then thread.deleted_at else added.deletions[1] end as deleted_at
    from added
    left join thread_aggregates as thread using (thread_id)
),
stored as not materialized (
    select thread_id, views, comments, up_votes, down_votes, created_at, last_activity_at, deleted_at
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
