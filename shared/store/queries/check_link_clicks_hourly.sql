with
-- The clicks themselves, counted another way than batches are.
recomputed as (
    select
        link_id,
        date_bin('1 hour', clicked_at, '2000-01-01 00:00+00') as hour,
        count(*) filter (where not is_bot) as clicks,
        count(*) filter (where is_bot) as bots,
        count(*) filter (where not is_bot and device = 'desktop') as device_desktop,
        count(*) filter (where not is_bot and device = 'mobile') as device_mobile,
        count(*) filter (where not is_bot and device = 'tablet') as device_tablet,
        count(*) filter (where not is_bot and device = 'other') as device_other,
        count(*) filter (where not is_bot and traffic_source = 'direct') as source_direct,
        count(*) filter (where not is_bot and traffic_source = 'search') as source_search,
        count(*) filter (where not is_bot and traffic_source = 'social') as source_social,
        count(*) filter (where not is_bot and traffic_source = 'email') as source_email,
        count(*) filter (where not is_bot and traffic_source = 'campaign') as source_campaign,
        count(*) filter (where not is_bot and traffic_source = 'referral') as source_referral
    from clicks
    group by 1, 2
),
stored as not materialized (
    select
        link_id, hour,
        clicks, bots, device_desktop, device_mobile, device_tablet, device_other, source_direct, source_search, source_social,
        source_email, source_campaign, source_referral
    from link_clicks_hourly_current
),
differing as (
    select concat_ws(' ', link_id, hour) as key, to_jsonb(stored) as stored, to_jsonb(recomputed) as recomputed
    from stored
    full join recomputed using (link_id, hour)
    where stored is distinct from recomputed
)
select
    (select count(*) from stored) + (select count(*) from differing where stored is null) as "compared!",
    (select count(*) from differing) as "differing!",
    array(select key from differing order by key limit $1) as "keys!",
    array(select stored::text from differing order by key limit $1) as "stored!: Vec<Option<String>>",
    array(select recomputed::text from differing order by key limit $1) as "recomputed!: Vec<Option<String>>"
