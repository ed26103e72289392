-- What the statistics are read from. Breakdowns are columns, not rows: one click touches one row of each table.
-- `clicks` and every breakdown count people; bots are counted apart, in `bots` alone.
create table link_clicks_hourly (
    link_id uuid not null,
    hour timestamptz not null,
    clicks bigint not null,
    bots bigint not null,
    device_desktop bigint not null,
    device_mobile bigint not null,
    device_tablet bigint not null,
    device_other bigint not null,
    source_direct bigint not null,
    source_search bigint not null,
    source_social bigint not null,
    source_email bigint not null,
    source_campaign bigint not null,
    source_referral bigint not null,
    constraint link_clicks_hourly_pkey primary key (link_id, hour)
) with (fillfactor = 70);

create table link_clicks_daily (
    link_id uuid not null,
    day date not null,
    clicks bigint not null,
    bots bigint not null,
    device_desktop bigint not null,
    device_mobile bigint not null,
    device_tablet bigint not null,
    device_other bigint not null,
    source_direct bigint not null,
    source_search bigint not null,
    source_social bigint not null,
    source_email bigint not null,
    source_campaign bigint not null,
    source_referral bigint not null,
    constraint link_clicks_daily_pkey primary key (link_id, day)
) with (fillfactor = 70);

create table link_clicks_by_country (
    link_id uuid not null,
    day date not null,
    country text collate "C" not null,
    clicks bigint not null,
    bots bigint not null,
    constraint link_clicks_by_country_pkey primary key (link_id, day, country)
) with (fillfactor = 70);

comment on table link_clicks_hourly is 'Clicks per link and hour (UTC). Grows only from rows that clicks took in, in the same transaction.';
comment on table link_clicks_daily is 'Clicks per link and day (UTC). Grows only from rows that clicks took in, in the same transaction.';
comment on table link_clicks_by_country is 'Clicks per link, day (UTC) and country (ZZ: not known). Grows as the others do.';
comment on column link_clicks_hourly.clicks is 'Clicks of people; those of bots are in bots alone.';
comment on column link_clicks_daily.clicks is 'Clicks of people; those of bots are in bots alone.';
comment on column link_clicks_by_country.clicks is 'Clicks of people; those of bots are in bots alone.';

grant select, insert, update on link_clicks_hourly, link_clicks_daily, link_clicks_by_country to onceward_app;
