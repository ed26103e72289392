select
    parked_id as "parked_id!",
    topic as "topic!",
    partition as "partition!",
    record_offset as "offset!",
    record_time,
    key,
    value as "value!",
    headers as "headers!",
    event_id is not null as "in_inbox!",
    parked_at as "parked_at!",
    tries as "tries!",
    dead_letter_id
from (
    -- A length is known without reading what is stored out of line.
    select
        *,
        sum(octet_length(value) + octet_length(headers)) over places as bytes,
        row_number() over places as place
    from (
        -- Whole queues after each other, so that the limits cut off the end of one.
        select first.*
        from unnest($2::text[], $3::bytea[]) as going (topic, queue)
        cross join lateral (
            select parked.*
            from parked_events as parked
            where parked.consumer = $1 and parked.topic = going.topic and parked.queue = going.queue
            order by parked.partition, parked.record_offset, parked.parked_id
            limit $4
        ) as first
        limit $5
    ) as whole_queues
    window places as (order by topic, queue, partition, record_offset, parked_id)
) as loaded
where bytes <= 8000000 or place = 1
order by topic, queue, partition, record_offset, parked_id
