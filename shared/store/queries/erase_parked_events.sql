with removed as (
    delete from parked_events where parked_id = any($1::bigint[]) returning consumer, event_source, event_id
), settled as (
    update inbox set state = 'stale'
    from removed
    where inbox.consumer = removed.consumer
    and inbox.event_source = removed.event_source
    and inbox.event_id = removed.event_id
    and inbox.state = 'parked'
)
select count(*) as "removed!" from removed
