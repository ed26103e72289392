-- The version of the thread, once the comment says something else. Nothing where it says that already. The thread is locked. A clock
-- that is behind does not set back when it was edited.
with edited as (
    update comments set content = $3, edited_at = greatest(edited_at, $4)
    where comment_id = $1 and content <> $3
    returning comment_id
)
update threads set version = version + 1
from edited
where thread_id = $2
returning version
