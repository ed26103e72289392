select
    thread_id,
    course_id,
    title as "title!",
    null::text as content,
    author_id,
    views,
    comments,
    up_votes,
    down_votes,
    version,
    created_at,
    edited_at
from threads
where course_id = $1
and deleted_at is null
and (created_at, thread_id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::uuid, '00000000-0000-0000-0000-000000000000'))
order by created_at desc, thread_id desc
limit $4
