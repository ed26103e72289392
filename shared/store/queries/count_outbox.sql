-- What waits of each topic, and what became of all that did. Reads the whole outbox, once.
with
waiting as (
    select aggregatetype as topic, count(*) as pending, min(created_at) as oldest
    from outbox
    group by aggregatetype
),

done as (
    select topic, sum(published)::bigint as published, sum(failed)::bigint as failed
    from outbox_totals
    group by topic
),

stopped as (
    select aggregatetype as topic, count(*) as stopped_keys
    from outbox_failures
    group by aggregatetype
)

select
    topic as "topic!", coalesce(pending, 0) as "pending!",
    extract(epoch from clock_timestamp() - oldest)::float8 as oldest_age_seconds,
    coalesce(stopped_keys, 0) as "stopped_keys!", coalesce(published, 0) as "published!", coalesce(failed, 0) as "failed!"
from waiting
full join done using (topic)
full join stopped using (topic)
order by topic
