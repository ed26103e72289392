-- A row without a comment where none is asked for or there, and none where there is no such thread.
select
    threads.deleted_at is not null as "is_deleted!",
    comment_id as "comment_id?",
    place as "place?",
    parent_id as "parent_id?",
    page.author_id as "author_id?",
    page.content as "content?",
    page.up_votes as "up_votes?",
    page.down_votes as "down_votes?",
    page.created_at as "created_at?",
    page.edited_at as "edited_at?",
    page.deleted_at as "deleted_at?"
from threads
left join lateral (
    select * from comments
    where comments.thread_id = threads.thread_id and place > $2 and threads.deleted_at is null
    order by place
    limit $3
) as page on true
where threads.thread_id = $1
order by place
