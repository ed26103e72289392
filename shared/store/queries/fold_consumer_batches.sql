-- Folds some batches into the totals. One statement: whoever reads totals and batches in one sees each batch in one of them.
with alone as materialized (
    -- Of two at once the second does nothing. Batches are facts that may not be changed, so their rows cannot be locked.
    select pg_try_advisory_xact_lock(hashtextextended('fold_consumer_batches', 0)) as mine
), folded as (
    delete from consumer_batches
    where batch_id in (select batch_id from consumer_batches where processed_at < $1 order by processed_at limit $2)
    and (select mine from alone)
    returning *
), totals as (
    insert into consumer_totals as total (consumer, event_type, outcome, events)
    select consumer, event_type, outcome, sum(events)::bigint
    from folded, unnest(types, outcomes, counts) as counted (event_type, outcome, events)
    group by consumer, event_type, outcome
    order by consumer, event_type, outcome
    on conflict on constraint consumer_totals_pkey do update set events = total.events + excluded.events
), aged as (
    -- Bucket by bucket; a batch of another release may have more of them.
    select consumer, array_agg(events order by bucket) as ages
    from (
        select consumer, bucket, sum(events)::bigint as events
        from folded, unnest(ages) with ordinality as counted (events, bucket)
        group by consumer, bucket
    ) as buckets
    group by consumer
), timed as (
    -- How many batches fell into each bucket, the empty ones too; $3 are the bounds, as store::figures says.
    select
        consumer,
        array_agg(batches order by bucket) as durations,
        array_agg(database_batches order by bucket) as database_durations
    from (
        select
            consumer, bucket,
            count(*) filter (where bucket = seconds_bucket) as batches,
            count(*) filter (where bucket = database_bucket) as database_batches
        from (
            select
                consumer,
                cardinality($3::float8[]) - width_bucket(-seconds, $3) as seconds_bucket,
                cardinality($3) - width_bucket(-database_seconds, $3) as database_bucket
            from folded
        ) as placed
        cross join generate_series(0, cardinality($3)) as bucket
        group by consumer, bucket
    ) as buckets
    group by consumer
), batch_totals as (
    insert into consumer_batch_totals as total (
        consumer, batches, records, retries, seconds, durations, database_seconds, database_durations, ages, age_seconds,
        last_batch_at
    )
    select
        consumer, count(*), sum(records), sum(retries), sum(seconds), min(timed.durations), coalesce(sum(database_seconds), 0),
        min(timed.database_durations), coalesce(min(aged.ages), '{}'), sum(age_seconds), max(processed_at)
    from folded
    join timed using (consumer)
    left join aged using (consumer)
    group by consumer
    order by consumer
    on conflict on constraint consumer_batch_totals_pkey do update
    set batches = total.batches + excluded.batches,
        records = total.records + excluded.records,
        retries = total.retries + excluded.retries,
        seconds = total.seconds + excluded.seconds,
        durations = array(
            select coalesce(known, 0) + coalesce(more, 0)
            from unnest(total.durations, excluded.durations) with ordinality as both_durations (known, more, bucket)
            order by bucket
        ),
        database_seconds = total.database_seconds + excluded.database_seconds,
        database_durations = array(
            select coalesce(known, 0) + coalesce(more, 0)
            from unnest(total.database_durations, excluded.database_durations) with ordinality as both_database_durations (known, more, bucket)
            order by bucket
        ),
        ages = array(
            select coalesce(known, 0) + coalesce(more, 0)
            from unnest(total.ages, excluded.ages) with ordinality as both_ages (known, more, bucket)
            order by bucket
        ),
        age_seconds = total.age_seconds + excluded.age_seconds,
        last_batch_at = greatest(total.last_batch_at, excluded.last_batch_at)
)
select count(*) as "batches!" from folded
