-- Who may send events, make links, read, and administer.
create table api_keys (
    key_id text collate "C" not null,
    name text not null,
    secret_sha256 bytea not null,
    scopes text[] collate "C" not null,
    sources text[] collate "C" not null,
    created_at timestamptz not null,
    created_by text not null,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    constraint api_keys_pkey primary key (key_id),
    constraint api_keys_secret_sha256_check check (octet_length(secret_sha256) = 32),
    constraint api_keys_scopes_check check (cardinality(scopes) > 0)
);

comment on table api_keys is 'API keys. The key itself is shown once, when it is made, and is not kept.';
comment on column api_keys.key_id is 'The part of the key that is no secret.';
comment on column api_keys.secret_sha256 is 'SHA-256 of the secret part: 32 random bytes, which nobody guesses, so that a slow hash would protect nothing.';
comment on column api_keys.scopes is 'What it may: events:<type> or events:*, links, read, admin.';
comment on column api_keys.sources is 'The sources of the events it may send; * is any.';
comment on column api_keys.last_used_at is 'To the minute.';

grant select, insert, update (last_used_at, revoked_at) on api_keys to onceward_app;
