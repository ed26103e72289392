-- What waits, in the order of its places, with what has stopped its key.
select
    waiting.seq as "seq!", waiting.id as "event_id!", waiting.type as "event_type!", waiting.aggregatetype as "topic!",
    waiting.aggregateid as "key!", waiting.created_at as "written_at!",
    failure.seq as "refused_seq?", failure.error as "error?", failure.attempts as "attempts?", failure.failed_at as "failed_at?",
    failure.next_try_at as "next_try_at?"
from (
    select *
    from outbox
    where
        ($1::text is null or aggregatetype = $1)
        and seq > coalesce($2::bigint, 0)
    order by seq
    limit $3
) as waiting
left join outbox_failures as failure
    on waiting.aggregatetype = failure.aggregatetype and waiting.aggregateid = failure.aggregateid
order by waiting.seq
