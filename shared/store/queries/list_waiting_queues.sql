-- What is looked at again by itself, longest parked first, with how much of its queue waits in all.
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
from parked_events as tried
cross join lateral (
    select count(*) as events
    from parked_events as parked
    where parked.consumer = tried.consumer and parked.topic = tried.topic and parked.queue = tried.queue
) as queue
where tried.next_try_at is not null
and ($1::text is null or tried.consumer = $1)
order by tried.parked_at, tried.parked_id
limit $2
