-- Numbers of the open dead letters that match, in the order of their places, each with how many match in all. What is null is not asked
-- about.
select dead_letter_id, count(*) over () as "matching!"
from dead_letters
where state = 'open'
and ($1::text is null or consumer = $1)
and ($2::text is null or topic = $2)
and ($3::text is null or error_class = $3)
and ($4::bytea is null or key = $4)
and ($5::text is null or event_id = $5)
and ($6::timestamptz is null or failed_at >= $6)
and ($7::timestamptz is null or failed_at < $7)
and ($8::bigint is null or dead_letter_id >= $8)
and ($9::bigint is null or dead_letter_id <= $9)
order by consumer, topic, partition, record_offset, dead_letter_id
limit $10
