-- A batch's clicks are added to the rollups later, with those of other batches: a row for each batch costs it a tenth of what it costs
-- to update a row of every rollup for every link, and no two batches wait for the row of a link that both have.
create table link_click_deltas (
    delta_id bigint generated always as identity,
    hourly_links uuid[] not null,
    hours timestamptz[] not null,
    clicks integer[] not null,
    bots integer[] not null,
    device_desktop integer[] not null,
    device_mobile integer[] not null,
    device_tablet integer[] not null,
    device_other integer[] not null,
    source_direct integer[] not null,
    source_search integer[] not null,
    source_social integer[] not null,
    source_email integer[] not null,
    source_campaign integer[] not null,
    source_referral integer[] not null,
    country_links uuid[] not null,
    country_days date[] not null,
    countries text[] collate "C" not null,
    country_clicks integer[] not null,
    country_bots integer[] not null,
    constraint link_click_deltas_pkey primary key (delta_id)
);

comment on table link_click_deltas is 'What batches of clicks add to the rollups: one row a batch, in its transaction, until click-consumer folds it into them.';
comment on column link_click_deltas.hourly_links is 'With the arrays up to source_referral, rows of link_clicks_hourly; what they add to link_clicks_daily follows from them.';
comment on column link_click_deltas.country_links is 'With the arrays behind it, rows of link_clicks_by_country.';

-- They live for seconds: compressing them costs more than it saves.
do $$
declare
    column_name text;
begin
    for column_name in
        select attname from pg_attribute where attrelid = 'link_click_deltas'::regclass and attnum > 1 and not attisdropped
    loop
        execute format('alter table link_click_deltas alter column %I set storage external', column_name);
    end loop;
end $$;

create view link_clicks_hourly_current as
select
    link_id, hour,
    sum(clicks)::bigint as clicks, sum(bots)::bigint as bots, sum(device_desktop)::bigint as device_desktop,
    sum(device_mobile)::bigint as device_mobile, sum(device_tablet)::bigint as device_tablet,
    sum(device_other)::bigint as device_other, sum(source_direct)::bigint as source_direct, sum(source_search)::bigint
    as source_search, sum(source_social)::bigint as source_social, sum(source_email)::bigint as source_email,
    sum(source_campaign)::bigint as source_campaign, sum(source_referral)::bigint as source_referral
from (
    select
        link_id, hour,
        clicks, bots, device_desktop, device_mobile, device_tablet, device_other, source_direct, source_search,
        source_social, source_email, source_campaign, source_referral
    from link_clicks_hourly
    union all
    select
        added.link_id, added.hour,
        added.clicks, added.bots, added.device_desktop, added.device_mobile, added.device_tablet, added.device_other,
        added.source_direct, added.source_search, added.source_social, added.source_email, added.source_campaign,
        added.source_referral
    from link_click_deltas as delta,
        unnest(
            delta.hourly_links, delta.hours, delta.clicks, delta.bots, delta.device_desktop, delta.device_mobile,
            delta.device_tablet, delta.device_other, delta.source_direct, delta.source_search, delta.source_social,
            delta.source_email, delta.source_campaign, delta.source_referral
        ) as added (
            link_id, hour,
            clicks, bots, device_desktop, device_mobile, device_tablet, device_other, source_direct, source_search,
            source_social, source_email, source_campaign, source_referral
        )
) as counted
group by link_id, hour;

create view link_clicks_daily_current as
select
    link_id, day,
    sum(clicks)::bigint as clicks, sum(bots)::bigint as bots, sum(device_desktop)::bigint as device_desktop,
    sum(device_mobile)::bigint as device_mobile, sum(device_tablet)::bigint as device_tablet,
    sum(device_other)::bigint as device_other, sum(source_direct)::bigint as source_direct, sum(source_search)::bigint
    as source_search, sum(source_social)::bigint as source_social, sum(source_email)::bigint as source_email,
    sum(source_campaign)::bigint as source_campaign, sum(source_referral)::bigint as source_referral
from (
    select
        link_id, day,
        clicks, bots, device_desktop, device_mobile, device_tablet, device_other, source_direct, source_search,
        source_social, source_email, source_campaign, source_referral
    from link_clicks_daily
    union all
    select
        added.link_id, (added.hour at time zone 'UTC')::date,
        added.clicks, added.bots, added.device_desktop, added.device_mobile, added.device_tablet, added.device_other,
        added.source_direct, added.source_search, added.source_social, added.source_email, added.source_campaign,
        added.source_referral
    from link_click_deltas as delta,
        unnest(
            delta.hourly_links, delta.hours, delta.clicks, delta.bots, delta.device_desktop, delta.device_mobile,
            delta.device_tablet, delta.device_other, delta.source_direct, delta.source_search, delta.source_social,
            delta.source_email, delta.source_campaign, delta.source_referral
        ) as added (
            link_id, hour,
            clicks, bots, device_desktop, device_mobile, device_tablet, device_other, source_direct, source_search,
            source_social, source_email, source_campaign, source_referral
        )
) as counted
group by link_id, day;

create view link_clicks_by_country_current as
select link_id, day, country, sum(clicks)::bigint as clicks, sum(bots)::bigint as bots
from (
    select link_id, day, country, clicks, bots from link_clicks_by_country
    union all
    select added.*
    from link_click_deltas as delta,
        unnest(
            delta.country_links, delta.country_days, delta.countries, delta.country_clicks, delta.country_bots
        ) as added (link_id, day, country, clicks, bots)
) as counted
group by link_id, day, country;

comment on view link_clicks_hourly_current is 'Clicks per link and hour, with what is not folded yet: this is what to read.';
comment on view link_clicks_daily_current is 'Clicks per link and day, with what is not folded yet: this is what to read.';
comment on view link_clicks_by_country_current is 'Clicks per link, day and country, with what is not folded yet: this is what to read.';

grant select, insert, delete on link_click_deltas to onceward_app;
grant select on link_clicks_hourly_current, link_clicks_daily_current, link_clicks_by_country_current to onceward_app;
