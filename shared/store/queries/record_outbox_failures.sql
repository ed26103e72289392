-- Stops keys whose first row was refused: for a second, and for twice as long each time that the same row is, up to a minute.
with
refused as (
    select *
    from unnest($1::text[], $2::text[], $3::bigint[], $4::text[]) as refused (topic, key, seq, error)
),

-- The rows are there still, with their shard: whoever tried them holds its lock.
counted as (
    insert into outbox_totals as total (topic, shard, published, failed)
    select outbox.aggregatetype, outbox.shard, 0, count(*)
    from refused
    inner join outbox on refused.seq = outbox.seq
    group by outbox.aggregatetype, outbox.shard
    on conflict on constraint outbox_totals_pkey do update set failed = total.failed + excluded.failed
)

insert into outbox_failures as failure (aggregatetype, aggregateid, seq, error, attempts, failed_at, next_try_at)
select topic, key, seq, error, 1, clock_timestamp(), clock_timestamp() + interval '1 second'
from refused
on conflict on constraint outbox_failures_pkey do update set
    seq = excluded.seq, error = excluded.error, failed_at = excluded.failed_at,
    attempts = case when failure.seq = excluded.seq then failure.attempts + 1 else 1 end,
    next_try_at = excluded.failed_at + case
        when failure.seq = excluded.seq then least(interval '1 second' * 2 ^ least(failure.attempts, 10), interval '1 minute')
        else interval '1 second'
    end
