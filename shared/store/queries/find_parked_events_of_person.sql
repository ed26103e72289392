-- What is parked of a person, under whatever key, or was parked as one of these dead letters; each part has an index.
select
    parked_id as "parked_id!",
    topic as "topic!",
    queue as "queue!",
    coalesce(dead_letter_id = any($4::bigint[]), false) as "was_letter!"
from parked_events
where consumer = $1 and topic = any($2::text[]) and person_of(key, value, headers) = $3
and ($5::boolean or person_named(value, headers) = $3)
union
select parked_id, topic, queue, true from parked_events
where consumer = $1 and topic = any($2::text[]) and dead_letter_id = any($4::bigint[])
