-- Each once, all of them locked.
update thread_aggregates as thread set
    views = thread.views + added.views,
    comments = thread.comments + added.comments,
    up_votes = thread.up_votes + added.up_votes,
    down_votes = thread.down_votes + added.down_votes,
    title = case when added.title_sequence > thread.title_sequence then added.title else thread.title end,
    title_sequence = greatest(thread.title_sequence, added.title_sequence),
    created_title = case
        when added.title_sequence > thread.title_sequence then coalesce(thread.created_title, thread.title)
        else thread.created_title
    end,
    last_activity_at = greatest(thread.last_activity_at, added.last_activity_at),
    deleted_at = coalesce(thread.deleted_at, added.deleted_at)
from unnest(
    $1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::timestamptz[], $9::timestamptz[]
) as added (
    thread_id, views, comments, up_votes, down_votes, title, title_sequence, last_activity_at, deleted_at
)
where thread.thread_id = added.thread_id
