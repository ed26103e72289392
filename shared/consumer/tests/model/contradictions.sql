select format('a queue of %s is blocked and has nothing parked', blocked.consumer)
from blocked_keys as blocked
where not exists (
    select from parked_events as parked
    where parked.consumer = blocked.consumer and parked.topic = blocked.topic and parked.queue = blocked.queue
)
union all
select format('%s is parked for %s and so in only one of the two tables', event_id, consumer)
from (
    (select consumer, event_id from parked_events except all select consumer, event_id from inbox where state = 'parked')
    union all
    (select consumer, event_id from inbox where state = 'parked' except all select consumer, event_id from parked_events)
) as different
union all
select format('%s is first of its queue for %s, and not going to be looked at', first.event_id, first.consumer)
from (
    select distinct on (consumer, topic, queue) consumer, event_id, next_try_at
    from parked_events
    order by consumer, topic, queue, partition, record_offset, parked_id
) as first
where first.next_try_at is null
union all
select format('%s: %s rows were applied, and %s counted', counted.consumer, there.applied, counted.applied)
from (
    select consumer, sum(count) filter (where outcome = 'applied') as applied
    from consumer_batches, unnest(outcomes, counts) as counted (outcome, count)
    group by consumer
) as counted
full join (select consumer, count(*) as applied from model_log group by consumer) as there using (consumer)
where coalesce(counted.applied, 0) <> coalesce(there.applied, 0)
