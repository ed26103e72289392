-- No row where there are no days.
select
    sum(threads)::bigint as "threads!",
    sum(views)::bigint as "views!",
    sum(comments)::bigint as "comments!",
    sum(up_votes)::bigint as "up_votes!",
    sum(down_votes)::bigint as "down_votes!",
    coalesce(array_agg(day order by day) filter (where day >= $2), '{}') as "days!",
    coalesce(array_agg(threads order by day) filter (where day >= $2), '{}') as "day_threads!",
    coalesce(array_agg(views order by day) filter (where day >= $2), '{}') as "day_views!",
    coalesce(array_agg(comments order by day) filter (where day >= $2), '{}') as "day_comments!",
    coalesce(array_agg(up_votes order by day) filter (where day >= $2), '{}') as "day_up_votes!",
    coalesce(array_agg(down_votes order by day) filter (where day >= $2), '{}') as "day_down_votes!"
from course_days
where course_id = $1
having count(*) > 0
