select
    dead_letter_id,
    letter.consumer,
    letter.topic,
    letter.partition,
    letter.record_offset as "offset",
    letter.record_time,
    letter.key,
    letter.value,
    letter.headers,
    letter.event_source,
    letter.event_id,
    error_class,
    error,
    attempts,
    failed_at,
    letter.state,
    resolved_at,
    reason,
    forwarded_at,
    forward_error,
    inbox.state as "inbox_state?",
    parked.parked_id as "parked_id?"
from dead_letters as letter
left join inbox
    on inbox.consumer = letter.consumer and inbox.event_source = letter.event_source and inbox.event_id = letter.event_id
left join parked_events as parked using (dead_letter_id)
where dead_letter_id = $1
limit 1
