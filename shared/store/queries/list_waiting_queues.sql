-- What is looked at again by itself, in the order of parking, which is that of the numbers, with how much of its queue waits in all.
-- Only queues of this page are counted.
select
    tried.parked_id,
    tried.consumer,
    tried.topic,
    tried.partition,
    tried.record_offset as "offset",
    tried.key,
    tried.event_id,
    tried.awaits_kind,
    tried.awaits_id,
    tried.parked_at,
    tried.next_try_at as "next_try_at!",
    tried.tries,
    tried.dead_letter_id,
    queue.events as "in_queue!"
from (
    select *
    from parked_events
    where next_try_at is not null
    and ($1::text is null or consumer = $1)
    and parked_id > coalesce($2::bigint, 0)
    order by parked_id
    limit $3
) as tried
cross join lateral (
    select count(*) as events
    from parked_events as parked
    where parked.consumer = tried.consumer and parked.topic = tried.topic and parked.queue = tried.queue
) as queue
order by tried.parked_id
