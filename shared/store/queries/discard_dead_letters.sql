with locked as (
    -- In the order that everybody takes.
    select dead_letter_id
    from dead_letters
    where dead_letter_id = any($1::bigint[]) and state = 'open'
    order by dead_letter_id
    for update
), discarded as (
    update dead_letters set state = 'discarded', resolved_at = $3, reason = $2
    from locked
    where dead_letters.dead_letter_id = locked.dead_letter_id
    returning dead_letters.*
), settled as (
    -- Of two records of one event, the other may still be sent on.
    update inbox set state = 'discarded'
    from discarded
    where inbox.consumer = discarded.consumer
    and inbox.event_source = discarded.event_source
    and inbox.event_id = discarded.event_id
    and inbox.topic = discarded.topic
    and inbox.partition = discarded.partition
    and inbox.record_offset = discarded.record_offset
    and inbox.state = 'dead_lettered'
)
select consumer, error_class, count(*) as "letters!" from discarded group by consumer, error_class order by consumer, error_class
