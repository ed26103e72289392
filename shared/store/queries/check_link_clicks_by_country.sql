with
-- The clicks themselves, counted another way than batches are.
recomputed as (
    select
        link_id,
        (clicked_at at time zone 'UTC')::date as day,
        country,
        count(*) filter (where not is_bot) as clicks,
        count(*) filter (where is_bot) as bots
    from clicks
    group by 1, 2, 3
),
stored as not materialized (
    select link_id, day, country, clicks, bots from link_clicks_by_country_current
),
differing as (
    select concat_ws(' ', link_id, day, country) as key, to_jsonb(stored) as stored, to_jsonb(recomputed) as recomputed
    from stored
    full join recomputed using (link_id, day, country)
    where stored is distinct from recomputed
)
select
    (select count(*) from stored) + (select count(*) from differing where stored is null) as "compared!",
    (select count(*) from differing) as "differing!",
    array(select key from differing order by key limit $1) as "keys!",
    array(select stored::text from differing order by key limit $1) as "stored!: Vec<Option<String>>",
    array(select recomputed::text from differing order by key limit $1) as "recomputed!: Vec<Option<String>>"
