-- Whoever owns the table can take its constraints away, and set a time that nothing else can hold: such columns are null here.
select
    seq as "seq!",
    previous_hash as "previous_hash?",
    hash as "hash?",
    event_source as "event_source?",
    event_id as "event_id?",
    event_type as "event_type?",
    user_id as "user_id?",
    action as "action?",
    resource as "resource?",
    status as "status?",
    detail,
    is_stale as "is_stale?",
    correlation_id,
    causation_id,
    case when isfinite(occurred_at) and occurred_at < '10000-01-01 00:00+00' then occurred_at end as "occurred_at?",
    case when isfinite(recorded_at) and recorded_at < '10000-01-01 00:00+00' then recorded_at end as "recorded_at?"
from audit_log
where chain = $1 and seq > $2
order by seq
limit $3
