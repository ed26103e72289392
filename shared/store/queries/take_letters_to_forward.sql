-- Dead letters that are not in their .dlq yet, the oldest first: so many at most, and so many bytes.
with
first_letters as (
    select
        dead_letter_id, consumer, topic, partition, record_offset, record_time, key, value, headers, error_class, error,
        attempts
    from dead_letters
    where forwarded_at is null and forward_error is null and state = 'open'
    order by dead_letter_id
    limit $1
),

measured as (
    select
        *,
        sum(coalesce(octet_length(value), 0) + octet_length(headers)) over (order by dead_letter_id) as bytes,
        row_number() over (order by dead_letter_id) as place
    from first_letters
)

select
    dead_letter_id as "dead_letter_id!", consumer as "consumer!", topic as "topic!", partition as "partition!",
    record_offset as "offset!", record_time, key, value, headers as "headers!", error_class as "error_class!",
    error as "error!", attempts as "attempts!"
from measured
where bytes <= $2 or place = 1
order by dead_letter_id
