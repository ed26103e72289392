-- A row for each pair of buckets, so that one pass counts both durations: few rows, however many batches there are. $1 are the bounds,
-- as store::figures says.
select
    consumer,
    cardinality($1::float8[]) - width_bucket(-seconds, $1) as "bucket!",
    cardinality($1) - width_bucket(-database_seconds, $1) as database_bucket,
    count(*) as "batches!",
    sum(records)::bigint as "records!",
    sum(retries)::bigint as "retries!",
    sum(seconds) as "seconds!",
    sum(database_seconds) as database_seconds,
    sum(age_seconds) as "age_seconds!",
    max(processed_at) as "last_batch_at!"
from consumer_batches
group by consumer, 2, 3
