-- In one statement, so that a batch that is being folded is counted once.
select consumer as "consumer!", event_type as "event_type!", outcome as "outcome!", sum(events)::bigint as "events!"
from (
    select consumer, event_type, outcome, events from consumer_totals
    union all
    select consumer, event_type, outcome, events
    from consumer_batches, unnest(types, outcomes, counts) as counted (event_type, outcome, events)
) as counts
group by consumer, event_type, outcome
order by consumer, event_type, outcome
