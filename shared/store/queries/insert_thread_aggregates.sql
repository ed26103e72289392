-- Which of the threads are new. Those that are there stay as they are.
insert into thread_aggregates (
    thread_id, course_id, title, author_id, title_sequence, event_source, event_id, created_at, last_activity_at, recorded_at
)
select thread_id, course_id, title, author_id, title_sequence, event_source, event_id, created_at, created_at, now()
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[]) as given (
    thread_id, course_id, title, author_id, title_sequence, event_source, event_id, created_at
)
order by thread_id
on conflict on constraint thread_aggregates_pkey do nothing
returning thread_id as "thread_id!"
