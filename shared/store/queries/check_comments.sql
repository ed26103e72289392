with
voted as (
    select
        comment_id,
        count(*) filter (where vote = 'up') as up_votes,
        count(*) filter (where vote = 'down') as down_votes
    from votes
    where comment_id is not null
    group by comment_id
),
recomputed as (
    select comment_id, coalesce(voted.up_votes, 0) as up_votes, coalesce(voted.down_votes, 0) as down_votes
    from comments
    left join voted using (comment_id)
),
stored as not materialized (
    select comment_id, up_votes, down_votes from comments
),
differing as (
    select comment_id::text as key, to_jsonb(stored) as stored, to_jsonb(recomputed) as recomputed
    from stored
    full join recomputed using (comment_id)
    where stored is distinct from recomputed
)
select
    (select count(*) from stored) + (select count(*) from differing where stored is null) as "compared!",
    (select count(*) from differing) as "differing!",
    array(select key from differing order by key limit $1) as "keys!",
    array(select stored::text from differing order by key limit $1) as "stored!: Vec<Option<String>>",
    array(select recomputed::text from differing order by key limit $1) as "recomputed!: Vec<Option<String>>"
