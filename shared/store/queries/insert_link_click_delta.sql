insert into link_click_deltas (
    hourly_links, hours, clicks, bots, device_desktop, device_mobile, device_tablet, device_other, source_direct,
    source_search, source_social, source_email, source_campaign, source_referral, country_links, country_days,
    countries, country_clicks, country_bots
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
