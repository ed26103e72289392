with locked as (
    -- In the order that everybody takes, and each once: of two who send a letter on, the second finds it open no longer.
    select dead_letter_id
    from dead_letters
    where dead_letter_id = any($1::bigint[]) and state = 'open' and value is not null
    order by dead_letter_id
    for update
), redriven as (
    update dead_letters set state = 'redriven', resolved_at = $3
    from locked
    join unnest($1::bigint[], $2::bytea[]) as going (dead_letter_id, queue) using (dead_letter_id)
    where dead_letters.dead_letter_id = locked.dead_letter_id
    returning dead_letters.*, going.queue
), entered as (
    -- The row of the record itself: another one of the same event is told to be a duplicate when it is tried.
    update inbox set state = 'parked'
    from redriven
    where inbox.consumer = redriven.consumer
    and inbox.event_source = redriven.event_source
    and inbox.event_id = redriven.event_id
    and inbox.topic = redriven.topic
    and inbox.partition = redriven.partition
    and inbox.record_offset = redriven.record_offset
    and inbox.state = 'dead_lettered'
    returning redriven.dead_letter_id, inbox.event_source, inbox.event_id
), parked as (
    insert into parked_events (
        consumer, topic, queue, partition, record_offset, record_time, key, value, headers, event_source, event_id, parked_at,
        next_try_at, tries, dead_letter_id
    )
    select
        redriven.consumer, topic, queue, partition, record_offset, record_time, key, value, headers, entered.event_source,
        entered.event_id, $3, $3, 0, redriven.dead_letter_id
    from redriven
    left join entered using (dead_letter_id)
    order by topic, partition, record_offset, redriven.dead_letter_id
)
select consumer, error_class, count(*) as "letters!" from redriven group by consumer, error_class order by consumer, error_class
