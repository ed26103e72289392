insert into users (
    user_id, user_type, email, email_key, display_name, user_type_version, email_version, display_name_version, registered_version,
    registered_at
)
select user_id, user_type, email, email_key, display_name, user_type_version, email_version, display_name_version, registered_version,
    registered_at
from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::timestamptz[]
) with ordinality as registered (
    user_id, user_type, email, email_key, display_name, user_type_version, email_version, display_name_version, registered_version,
    registered_at, place
)
order by place
