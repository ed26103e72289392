insert into user_auth_events (
    user_id, event_source, event_id, action, status, ip_address, user_agent, occurred_at, recorded_at
)
select user_id, event_source, event_id, action, status, ip_address::inet, user_agent, occurred_at, now()
from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[]
) with ordinality as told (user_id, event_source, event_id, action, status, ip_address, user_agent, occurred_at, place)
order by place
