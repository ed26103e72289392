-- The votes of a thread, or of one of its comments, once somebody's vote has become another one. The thread is locked.
with withdrawn as (
    delete from votes
    where thread_id = $1 and voter_id = $3 and comment_id is not distinct from $2::uuid and $4::text = 'none'
),
given as (
    insert into votes (thread_id, voter_id, comment_id, vote, voted_at)
    select $1, $3, $2, $4, $6
    where $4 <> 'none'
    on conflict on constraint votes_key do update set vote = excluded.vote, voted_at = excluded.voted_at
),
-- What the one vote adds, and the other no longer does.
change as (
    select
        ($4 = 'up')::int - ($5::text = 'up')::int as up,
        ($4 = 'down')::int - ($5 = 'down')::int as down
),
commented as (
    update comments set up_votes = up_votes + up, down_votes = down_votes + down
    from change
    where comment_id = $2
    returning up_votes, down_votes
),
discussed as (
    update threads set
        version = version + 1,
        up_votes = up_votes + case when $2 is null then up else 0 end,
        down_votes = down_votes + case when $2 is null then down else 0 end
    from change
    where thread_id = $1
    returning version, up_votes, down_votes
)
select
    version as "version!",
    coalesce(commented.up_votes, discussed.up_votes) as "up_votes!",
    coalesce(commented.down_votes, discussed.down_votes) as "down_votes!"
from discussed
left join commented on true
