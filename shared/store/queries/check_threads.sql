with
said as (
    select
        thread_id, count(*) filter (where deleted_at is null) as comments, count(*) as places, max(place) as last_place
    from comments
    group by thread_id
),
voted as (
    select
        thread_id,
        count(*) filter (where vote = 'up') as up_votes,
        count(*) filter (where vote = 'down') as down_votes
    from votes
    where comment_id is null
    group by thread_id
),
recomputed as (
    select
        thread_id,
        coalesce(said.comments, 0) as comments, coalesce(voted.up_votes, 0) as up_votes,
        coalesce(voted.down_votes, 0) as down_votes, coalesce(said.places, 0) as places,
        coalesce(said.last_place, 0) as last_place
    from threads
    left join said using (thread_id)
    left join voted using (thread_id)
),
stored as not materialized (
    -- Places have no gaps, so that the last one is how many there are.
    select thread_id, comments, up_votes, down_votes, last_place as places, last_place from threads
),
differing as (
    select thread_id::text as key, to_jsonb(stored) as stored, to_jsonb(recomputed) as recomputed
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
