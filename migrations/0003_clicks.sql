-- Clicks are their own inbox: `event_id` is the primary key, so that a click delivered again is found by it alone.
-- Partitioned by that key and not by time, because a unique key must contain the partition key: a UUIDv7 begins with its
-- own time, so a month of ids is a range. A click redelivered with another time falls into the same partition.
-- No foreign key to `links`: a click is a fact, whatever becomes of its link.
create table clicks (
    event_id uuid not null,
    link_id uuid not null,
    clicked_at timestamptz not null,
    is_bot boolean not null,
    short_code text collate "C" not null,
    country text collate "C" not null,
    device text collate "C" not null,
    browser text collate "C",
    os text collate "C",
    traffic_source text collate "C" not null,
    referrer_host text collate "C",
    referrer text collate "C",
    user_agent text collate "C",
    accept_language text collate "C",
    ip inet,
    utm_source text collate "C",
    utm_medium text collate "C",
    utm_campaign text collate "C",
    utm_term text collate "C",
    utm_content text collate "C",
    constraint clicks_pkey primary key (event_id)
) partition by range (event_id);

comment on table clicks is 'One row per click, ever. Written by click-consumer; range-partitioned by event_id, a month each.';
comment on column clicks.event_id is 'Id of the link.clicked event, a UUIDv7 made by redirect.';
comment on column clicks.country is 'ISO 3166-1 alpha-2, or ZZ where it is not known.';
comment on column clicks.device is 'desktop, mobile, tablet, or other.';
comment on column clicks.traffic_source is 'direct, search, social, email, campaign, or referral.';
comment on column clicks.referrer_host is 'Host of the referrer, in lower case.';
comment on column clicks.ip is 'Truncated to /24 or /48 unless CLICK_IP says otherwise.';

-- Reading one link's clicks in the order of their time.
create index clicks_link_id_event_id_idx on clicks (link_id, event_id);

create table clicks_default partition of clicks default;

comment on table clicks_default is 'Clicks of months that have no partition yet. make_click_partitions moves them out.';

grant select, insert on clicks to onceward_app;
