-- What is first of each queue now, where it stood behind something.
update parked_events set next_try_at = $4
from unnest($2::text[], $3::bytea[]) as settled (topic, queue)
cross join lateral (
    select parked.parked_id, parked.next_try_at
    from parked_events as parked
    where parked.consumer = $1 and parked.topic = settled.topic and parked.queue = settled.queue
    order by parked.partition, parked.record_offset, parked.parked_id
    limit 1
) as first
where parked_events.parked_id = first.parked_id and first.next_try_at is null
