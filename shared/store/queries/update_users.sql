update users set
    user_type = updated.user_type,
    email = updated.email,
    email_key = updated.email_key,
    display_name = updated.display_name,
    user_type_version = updated.user_type_version,
    email_version = updated.email_version,
    display_name_version = updated.display_name_version,
    last_login_at = updated.last_login_at,
    failed_logins = updated.failed_logins
from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[], $10::int[]
) as updated (
    user_id, user_type, email, email_key, display_name, user_type_version, email_version, display_name_version, last_login_at,
    failed_logins
)
where users.user_id = updated.user_id and users.erased_at is null
