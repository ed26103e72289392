-- Folds some batches into the rollups. One statement: whoever reads a view of both sees each batch in one of them.
with alone as materialized (
    -- Of two at once the second does nothing: it would only wait for the first one's rows.
    select pg_try_advisory_xact_lock(hashtextextended('fold_link_clicks', 0)) as mine
), folded as materialized (
    delete from link_click_deltas
    where delta_id in (select delta_id from link_click_deltas order by delta_id limit $1) and (select mine from alone)
    returning *
), by_hour as materialized (
    select added.*
    from folded as delta,
        unnest(
            delta.hourly_links, delta.hours, delta.clicks, delta.bots, delta.device_desktop, delta.device_mobile,
            delta.device_tablet, delta.device_other, delta.source_direct, delta.source_search, delta.source_social,
            delta.source_email, delta.source_campaign, delta.source_referral
        ) as added (
            link_id, hour,
            clicks, bots, device_desktop, device_mobile, device_tablet, device_other, source_direct, source_search,
            source_social, source_email, source_campaign, source_referral
        )
), hourly as (
    insert into link_clicks_hourly as total (
        link_id, hour, clicks, bots, device_desktop, device_mobile, device_tablet, device_other, source_direct,
        source_search, source_social, source_email, source_campaign, source_referral
    )
    select
        link_id, hour, sum(clicks), sum(bots),
        sum(device_desktop), sum(device_mobile), sum(device_tablet), sum(device_other),
        sum(source_direct), sum(source_search), sum(source_social), sum(source_email), sum(source_campaign), sum(source_referral)
    from by_hour
    group by link_id, hour
    order by link_id, hour
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
), daily as (
    insert into link_clicks_daily as total (
        link_id, day, clicks, bots, device_desktop, device_mobile, device_tablet, device_other, source_direct,
        source_search, source_social, source_email, source_campaign, source_referral
    )
    select
        link_id, (hour at time zone 'UTC')::date as day, sum(clicks), sum(bots),
        sum(device_desktop), sum(device_mobile), sum(device_tablet), sum(device_other),
        sum(source_direct), sum(source_search), sum(source_social), sum(source_email), sum(source_campaign), sum(source_referral)
    from by_hour
    group by link_id, day
    order by link_id, day
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
), by_country as (
    insert into link_clicks_by_country as total (link_id, day, country, clicks, bots)
    select added.link_id, added.day, added.country, sum(added.clicks), sum(added.bots)
    from folded as delta,
        unnest(
            delta.country_links, delta.country_days, delta.countries, delta.country_clicks, delta.country_bots
        ) as added (link_id, day, country, clicks, bots)
    group by added.link_id, added.day, added.country
    order by added.link_id, added.day, added.country
    on conflict on constraint link_clicks_by_country_pkey do update set
        clicks = total.clicks + excluded.clicks, bots = total.bots + excluded.bots
)
select count(*) as "batches!" from folded
