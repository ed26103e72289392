insert into course_days as counted (course_id, day, threads, views, comments, up_votes, down_votes)
select course_id, day, threads, views, comments, up_votes, down_votes
from unnest($1::text[], $2::date[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[]) as added (
    course_id, day, threads, views, comments, up_votes, down_votes
)
on conflict on constraint course_days_pkey do update
set
    threads = counted.threads + excluded.threads,
    views = counted.views + excluded.views,
    comments = counted.comments + excluded.comments,
    up_votes = counted.up_votes + excluded.up_votes,
    down_votes = counted.down_votes + excluded.down_votes
