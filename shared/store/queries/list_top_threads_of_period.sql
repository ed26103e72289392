select
    thread_id, thread.title, thread.author_id, counted.views, counted.comments, counted.up_votes, counted.down_votes,
    counted.score, thread.last_activity_at
from thread_periods as counted
join thread_aggregates as thread using (thread_id)
where
    counted.course_id = $1 and counted.period = $2 and counted.starts_on = $3
    and thread.deleted_at is null
order by counted.score desc, thread_id
limit $4
