with
-- Each click with the buckets it belongs to, found another way than the statement under test does.
fact as (
    select
        *,
        to_timestamp(floor(extract(epoch from clicked_at) / 3600) * 3600) as hour,
        to_char(clicked_at at time zone 'UTC', 'YYYY-MM-DD')::date as day,
        case when is_bot then 0 else 1 end as person,
        case when is_bot then 1 else 0 end as bot
    from clicks
),
hourly as (
    select
        link_id, hour, sum(person) as clicks, sum(bot) as bots,
        sum(person) filter (where device = 'desktop') as device_desktop,
        sum(person) filter (where device = 'mobile') as device_mobile,
        sum(person) filter (where device = 'tablet') as device_tablet,
        sum(person) filter (where device = 'other') as device_other,
        sum(person) filter (where traffic_source = 'direct') as source_direct,
        sum(person) filter (where traffic_source = 'search') as source_search,
        sum(person) filter (where traffic_source = 'social') as source_social,
        sum(person) filter (where traffic_source = 'email') as source_email,
        sum(person) filter (where traffic_source = 'campaign') as source_campaign,
        sum(person) filter (where traffic_source = 'referral') as source_referral
    from fact
    group by link_id, hour
),
daily as (
    select
        link_id, day, sum(person) as clicks, sum(bot) as bots,
        sum(person) filter (where device = 'desktop') as device_desktop,
        sum(person) filter (where device = 'mobile') as device_mobile,
        sum(person) filter (where device = 'tablet') as device_tablet,
        sum(person) filter (where device = 'other') as device_other,
        sum(person) filter (where traffic_source = 'direct') as source_direct,
        sum(person) filter (where traffic_source = 'search') as source_search,
        sum(person) filter (where traffic_source = 'social') as source_social,
        sum(person) filter (where traffic_source = 'email') as source_email,
        sum(person) filter (where traffic_source = 'campaign') as source_campaign,
        sum(person) filter (where traffic_source = 'referral') as source_referral
    from fact
    group by link_id, day
),
by_country as (
    select link_id, day, country, sum(person) as clicks, sum(bot) as bots
    from fact
    group by link_id, day, country
),
-- As JSON, in which a count of nothing is zero here as well.
expected as (
    select 'hourly' as rollup, json from hourly, to_jsonb(hourly) as json
    union all
    select 'daily', json from daily, to_jsonb(daily) as json
    union all
    select 'by_country', json from by_country, to_jsonb(by_country) as json
),
counted as (
    select rollup, (select jsonb_object_agg(key, coalesce(nullif(value, 'null'), '0')) from jsonb_each(json)) as json
    from expected
),
kept as (
    select 'hourly' as rollup, json from link_clicks_hourly_current as kept, to_jsonb(kept) as json
    union all
    select 'daily', json from link_clicks_daily_current as kept, to_jsonb(kept) as json
    union all
    select 'by_country', json from link_clicks_by_country_current as kept, to_jsonb(kept) as json
)
(select 'counted: ' || rollup || ' ' || json from (table counted except all table kept) as missing)
union all
(select 'kept: ' || rollup || ' ' || json from (table kept except all table counted) as surplus)
