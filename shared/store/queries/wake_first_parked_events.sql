update parked_events set next_try_at = $4
from (
    -- The first of each queue, where nothing of the queue is going to be looked at.
    select first.parked_id
    from unnest($2::text[], $3::bytea[]) as settled (topic, queue)
    cross join lateral (
        select parked.parked_id
        from parked_events as parked
        where parked.consumer = $1 and parked.topic = settled.topic and parked.queue = settled.queue
        order by parked.partition, parked.record_offset, parked.parked_id
        limit 1
    ) as first
    where not exists (
        select from parked_events as tried
        where tried.consumer = $1 and tried.topic = settled.topic and tried.queue = settled.queue
        and tried.next_try_at is not null
    )
) as woken
where parked_events.parked_id = woken.parked_id
