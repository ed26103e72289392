-- The row stays, with the id and the time alone. One who is known only by what failed or waits gets such a row.
insert into users (user_id, erased_at) values ($1, $2)
on conflict on constraint users_pkey do update
set
    user_type = null,
    email = null,
    email_key = null,
    display_name = null,
    user_type_version = null,
    email_version = null,
    display_name_version = null,
    registered_version = null,
    registered_at = null,
    last_login_at = null,
    failed_logins = 0,
    erased_at = coalesce(users.erased_at, excluded.erased_at)
returning
    new.erased_at as "erased_at!",
    old.erased_at is null as "is_first!",
    old.user_id is not null as "was_there!",
    exists (select from audit_log where audit_log.user_id = $1) as "is_on_record!"
