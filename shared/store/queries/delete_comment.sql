-- The version of the thread, once the comment is gone. The thread is locked.
with deleted as (
    update comments set content = null, deleted_at = greatest(edited_at, $3)
    where comment_id = $1 and deleted_at is null
    returning comment_id
)
update threads set version = version + 1, comments = comments - 1
from deleted
where thread_id = $2
returning version
