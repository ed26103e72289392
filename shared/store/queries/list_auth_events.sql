-- A row without an event where the user did nothing of what is asked for, and none where there is no such user.
select
    auth_event_id as "auth_event_id?",
    event_source as "event_source?",
    event_id as "event_id?",
    action as "action?",
    status as "status?",
    host(ip_address) as "ip_address?",
    user_agent as "user_agent?",
    occurred_at as "occurred_at?",
    recorded_at as "recorded_at?"
from users
left join lateral (
    select *
    from user_auth_events as told
    where told.user_id = users.user_id
    and ($2::timestamptz is null or (told.occurred_at, told.auth_event_id) < ($2, $3::bigint))
    order by told.occurred_at desc, told.auth_event_id desc
    limit $4
) as latest on true
where users.user_id = $1
order by occurred_at desc, auth_event_id desc
