-- The arrays come in key order: see clicks/rollups.rs.
insert into link_clicks_daily as total (
    link_id, day, clicks, bots, device_desktop, device_mobile, device_tablet, device_other,
    source_direct, source_search, source_social, source_email, source_campaign, source_referral
)
select *
from unnest(
    $1::uuid[], $2::date[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
    $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[]
)
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
