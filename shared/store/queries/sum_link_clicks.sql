select
    coalesce(sum(clicks), 0)::bigint as "clicks!",
    coalesce(sum(bots), 0)::bigint as "bots!",
    coalesce(sum(device_desktop), 0)::bigint as "device_desktop!",
    coalesce(sum(device_mobile), 0)::bigint as "device_mobile!",
    coalesce(sum(device_tablet), 0)::bigint as "device_tablet!",
    coalesce(sum(device_other), 0)::bigint as "device_other!",
    coalesce(sum(source_direct), 0)::bigint as "source_direct!",
    coalesce(sum(source_search), 0)::bigint as "source_search!",
    coalesce(sum(source_social), 0)::bigint as "source_social!",
    coalesce(sum(source_email), 0)::bigint as "source_email!",
    coalesce(sum(source_campaign), 0)::bigint as "source_campaign!",
    coalesce(sum(source_referral), 0)::bigint as "source_referral!"
from link_clicks_daily_current
where link_id = $1
