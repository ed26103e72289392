-- The next rows of a shard in their order, without those of keys that are stopped: so many at most, and so many bytes.
with
-- Goes along the index (shard, seq), and stops when it has found enough.
first_rows as (
    select
        outbox.seq, outbox.aggregatetype, outbox.aggregateid, outbox.payload,
        outbox_failures.next_try_at is not null as is_retry
    from outbox
    left join outbox_failures using (aggregatetype, aggregateid)
    where
        outbox.shard = $1
        and outbox.seq > $2
        and (outbox_failures.next_try_at is null or outbox_failures.next_try_at <= clock_timestamp())
    order by outbox.seq
    limit $3
),

-- A length is known without reading what was stored out of line.
measured as (
    select *, sum(octet_length(payload)) over (order by seq) as bytes, row_number() over (order by seq) as place
    from first_rows
)

select
    seq as "seq!", aggregatetype as "topic!", aggregateid as "key!", payload as "payload!", is_retry as "is_retry!"
from measured
where bytes <= $4 or place = 1
order by seq
