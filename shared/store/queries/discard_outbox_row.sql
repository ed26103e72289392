-- Moves a row of the outbox to the dead letters, so that it can still be looked at.
with
discarded as (
    delete from outbox where seq = $1 returning *
),

-- Its key goes on, where this is what stopped it.
released as (
    delete from outbox_failures using discarded
    where
        outbox_failures.aggregatetype = discarded.aggregatetype
        and outbox_failures.aggregateid = discarded.aggregateid
        and outbox_failures.seq = discarded.seq
    returning outbox_failures.attempts, outbox_failures.error
)

-- It has no place in a topic: it never got there.
insert into dead_letters (
    consumer, topic, partition, record_offset, record_time, key, value, headers, event_id, error_class, error, attempts,
    failed_at, state, resolved_at, reason
)
select
    'outbox', aggregatetype, -1, seq, created_at, convert_to(aggregateid, 'UTF8'), payload,
    '[["content-type","YXBwbGljYXRpb24vY2xvdWRldmVudHMranNvbg=="]]'::bytea, id::text, 'unpublished',
    coalesce(released.error, 'was not refused'), coalesce(released.attempts, 0),
    clock_timestamp(), 'discarded', clock_timestamp(), $2
from discarded
left join released on true
