-- Numbers and places of the dead letters that match, newest first. What is null is not asked about.
select dead_letter_id, consumer, topic, partition, record_offset as "offset"
from dead_letters
where ($1::text is null or consumer = $1)
and ($2::text is null or topic = $2)
and ($3::text is null or error_class = $3)
and ($4::text is null or state = $4)
and ($5::bytea is null or key = $5)
and ($6::text is null or event_id = $6)
and ($7::timestamptz is null or failed_at >= $7)
and ($8::timestamptz is null or failed_at < $8)
and ($9::bigint is null or dead_letter_id >= $9)
and ($10::bigint is null or dead_letter_id <= $10)
order by dead_letter_id desc
limit $11
