insert into thread_periods as counted (course_id, thread_id, period, starts_on, views, comments, up_votes, down_votes)
select course_id, thread_id, period, starts_on, views, comments, up_votes, down_votes
from unnest($1::text[], $2::text[], $3::text[], $4::date[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[]) as added (
    course_id, thread_id, period, starts_on, views, comments, up_votes, down_votes
)
on conflict on constraint thread_periods_pkey do update
set
    views = counted.views + excluded.views,
    comments = counted.comments + excluded.comments,
    up_votes = counted.up_votes + excluded.up_votes,
    down_votes = counted.down_votes + excluded.down_votes
