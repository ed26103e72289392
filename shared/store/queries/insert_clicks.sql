with
-- The clicks of the batch.
batch as (
    select *
    from unnest(
        $1::uuid[], $2::uuid[], $3::timestamptz[], $4::boolean[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
        $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[],
        $19::text[], $20::text[]
    ) as batch (
        event_id, link_id, clicked_at, is_bot, short_code, country, device, browser, os,
        traffic_source, referrer_host, referrer, user_agent, accept_language, ip, utm_source, utm_medium, utm_campaign,
        utm_term, utm_content
    )
),
-- Those that no batch, this one included, had before. Totals grow from these alone. In key order: of two batches with the same
-- clicks in different orders, each would otherwise hold a key that the other waits for.
fresh as (
    insert into clicks (
        event_id, link_id, clicked_at, is_bot, short_code, country, device, browser, os,
        traffic_source, referrer_host, referrer, user_agent, accept_language, ip, utm_source, utm_medium, utm_campaign,
        utm_term, utm_content
    )
    select
        event_id, link_id, clicked_at, is_bot, short_code, country, device, browser, os,
        traffic_source, referrer_host, referrer, user_agent, accept_language, ip::inet, utm_source, utm_medium, utm_campaign,
        utm_term, utm_content
    from batch
    order by event_id
    on conflict (event_id) do nothing
    returning link_id, clicked_at, is_bot, country, device, traffic_source
),
-- Counted per link and hour once; the days are summed from it.
counted as materialized (
    select
        link_id,
        date_trunc('hour', clicked_at, 'UTC') as hour,
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
    from fresh
    group by 1, 2
),
-- In key order, as every statement that writes several totals: two batches then wait for each other instead of deadlocking.
hourly as (
    insert into link_clicks_hourly as total
    select * from counted order by link_id, hour
    on conflict on constraint link_clicks_hourly_pkey do update set
        clicks = total.clicks + excluded.clicks,
        bots = total.bots + excluded.bots,
        device_desktop = total.device_desktop + excluded.device_desktop,
        device_mobile = total.device_mobile + excluded.device_mobile,
        device_tablet = total.device_tablet + excluded.device_tablet,
        device_other = total.device_other + excluded.device_other,
        source_direct = total.source_direct + excluded.source_direct,
        source_search = total.source_search + excluded.source_search,
        source_social = total.source_social + excluded.source_social,
        source_email = total.source_email + excluded.source_email,
        source_campaign = total.source_campaign + excluded.source_campaign,
        source_referral = total.source_referral + excluded.source_referral
),
daily as (
    insert into link_clicks_daily as total
    select
        link_id, (hour at time zone 'UTC')::date, sum(clicks), sum(bots),
        sum(device_desktop), sum(device_mobile), sum(device_tablet), sum(device_other),
        sum(source_direct), sum(source_search), sum(source_social), sum(source_email), sum(source_campaign), sum(source_referral)
    from counted
    group by 1, 2
    order by 1, 2
    on conflict on constraint link_clicks_daily_pkey do update set
        clicks = total.clicks + excluded.clicks,
        bots = total.bots + excluded.bots,
        device_desktop = total.device_desktop + excluded.device_desktop,
        device_mobile = total.device_mobile + excluded.device_mobile,
        device_tablet = total.device_tablet + excluded.device_tablet,
        device_other = total.device_other + excluded.device_other,
        source_direct = total.source_direct + excluded.source_direct,
        source_search = total.source_search + excluded.source_search,
        source_social = total.source_social + excluded.source_social,
        source_email = total.source_email + excluded.source_email,
        source_campaign = total.source_campaign + excluded.source_campaign,
        source_referral = total.source_referral + excluded.source_referral
),
by_country as (
    insert into link_clicks_by_country as total
    select
        link_id, (clicked_at at time zone 'UTC')::date, country,
        count(*) filter (where not is_bot), count(*) filter (where is_bot)
    from fresh
    group by 1, 2, 3
    order by 1, 2, 3
    on conflict on constraint link_clicks_by_country_pkey do update set
        clicks = total.clicks + excluded.clicks,
        bots = total.bots + excluded.bots
)
select count(*) as "inserted!" from fresh
