-- The first rows of a shard in their order, without those of keys that are stopped: so many at most, and so many bytes.
with
-- Goes along the index (shard, seq), and stops when it has found enough. `not in` makes one table of the stopped keys, which costs
-- the rows behind them less than looking up each.
first_rows as (
    select seq, aggregatetype, aggregateid, payload
    from outbox
    where
        shard = $1
        and (aggregatetype, aggregateid) not in (
            select aggregatetype, aggregateid from outbox_failures where next_try_at > clock_timestamp()
        )
    order by seq
    limit $2
),

-- A length is known without reading what was stored out of line.
measured as (
    select *, sum(octet_length(payload)) over (order by seq) as bytes, row_number() over (order by seq) as place
    from first_rows
)

select
    seq as "seq!", aggregatetype as "topic!", aggregateid as "key!", payload as "payload!",
    exists (
        select from outbox_failures
        where
            outbox_failures.aggregatetype = measured.aggregatetype
            and outbox_failures.aggregateid = measured.aggregateid
    ) as "is_retry!"
from measured
where bytes <= $3 or place = 1
order by seq
