-- The user directory, and what users did to prove who they are.
create table users (
    user_id text collate "C" not null,
    user_type text,
    email text,
    email_key text collate "C",
    display_name text,
    user_type_version text collate "C",
    email_version text collate "C",
    display_name_version text collate "C",
    registered_version text collate "C",
    registered_at timestamptz,
    last_login_at timestamptz,
    failed_logins integer not null default 0,
    erased_at timestamptz,
    constraint users_pkey primary key (user_id),
    constraint users_email_key unique (email_key),
    constraint users_email_check check ((email is null) = (email_key is null)),
    constraint users_erased_check check (
        (erased_at is null and user_type is not null and email is not null and registered_at is not null)
        or (erased_at is not null and user_type is null and email is null and display_name is null and last_login_at is null)
    )
);

comment on table users is 'The users that events have told of. One that was erased keeps its id, so that a late event does not bring the person back.';
comment on column users.email_key is 'The address in lower case: no two users have one address.';
comment on column users.user_type_version is 'What set the field: 1 and the event''s sequence, else 0 and its time, then its id and source. The greater one, byte by byte, is newer.';
comment on column users.email_version is 'As user_type_version.';
comment on column users.display_name_version is 'As user_type_version.';
comment on column users.registered_version is 'As user_type_version, of the registration: a field with another version was updated since.';
comment on column users.registered_at is 'When they registered, as the event says.';
comment on column users.last_login_at is 'The latest login that succeeded.';
comment on column users.failed_logins is 'Logins that failed since one succeeded, in the order of the user''s events.';
comment on column users.erased_at is 'When the person was erased. Nothing about them is kept.';

create table user_auth_events (
    auth_event_id bigint generated always as identity,
    user_id text collate "C" not null,
    event_source text collate "C" not null,
    event_id text collate "C" not null,
    action text collate "C" not null,
    status text collate "C" not null,
    ip_address inet,
    user_agent text,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint user_auth_events_pkey primary key (auth_event_id),
    constraint user_auth_events_users_fkey foreign key (user_id) references users,
    constraint user_auth_events_action_check check (action in ('login', 'logout', 'password_changed')),
    constraint user_auth_events_status_check check (status in ('success', 'failure'))
);

comment on table user_auth_events is 'Logins, logouts and changes of passwords, as events told them.';
comment on column user_auth_events.ip_address is 'The client''s address, in full; null once the person is erased.';
comment on column user_auth_events.user_agent is 'The client''s User-Agent; null once the person is erased.';
comment on column user_auth_events.occurred_at is 'When it happened, as the event says.';

create index user_auth_events_user_id_idx on user_auth_events (user_id, occurred_at desc, auth_event_id desc);

grant select, insert, update on users to onceward_app;
grant select, insert, update (ip_address, user_agent) on user_auth_events to onceward_app;
