-- What is null is not asked about. Each of user, resource, action and correlation id has an index that ends in this order. The table's
-- owner can set times that cannot be shown.
select
    chain,
    seq,
    hash,
    event_source,
    event_id,
    event_type,
    user_id,
    action,
    resource,
    status,
    detail,
    is_stale,
    correlation_id,
    causation_id,
    occurred_at,
    recorded_at
from audit_log
where occurred_at >= '0001-01-01 00:00+00 BC' and occurred_at < '10000-01-01 00:00+00'
and recorded_at >= '0001-01-01 00:00+00 BC' and recorded_at < '10000-01-01 00:00+00'
and ($1::text is null or user_id = $1)
and ($2::text is null or resource = $2)
and ($3::text is null or action = $3)
and ($4::text is null or correlation_id = $4)
and ($5::timestamptz is null or occurred_at >= $5)
and ($6::timestamptz is null or occurred_at < $6)
and ($7::timestamptz is null or (occurred_at, chain, seq) < ($7, $8::text, $9::bigint))
order by occurred_at desc, chain desc, seq desc
limit $10
