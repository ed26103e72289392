select
    first.parked_id,
    first.topic,
    first.partition,
    first.record_offset as "offset",
    first.record_time,
    first.key,
    first.value,
    first.headers,
    first.event_id is not null as "in_inbox!",
    first.parked_at,
    first.tries,
    first.dead_letter_id
from unnest($2::text[], $3::bytea[]) as going (topic, queue)
cross join lateral (
    select parked.*
    from parked_events as parked
    where parked.consumer = $1 and parked.topic = going.topic and parked.queue = going.queue
    order by parked.partition, parked.record_offset, parked.parked_id
    limit $4
) as first
limit $5
