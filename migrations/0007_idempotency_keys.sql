-- Answers to requests that carried an Idempotency-Key, so that the same request sent again gets the same answer.
create table idempotency_keys (
    scope text not null,
    key text not null,
    request_sha256 bytea not null,
    response jsonb,
    expires_at timestamptz not null,
    constraint idempotency_keys_pkey primary key (scope, key)
);

comment on table idempotency_keys is 'Answers to requests with an Idempotency-Key, honoured for 24 hours. Written in the transaction of the change itself.';
comment on column idempotency_keys.scope is 'What kind of request the key belongs to, such as POST /api/links.';
comment on column idempotency_keys.request_sha256 is 'SHA-256 of the request: the same key with another request is refused.';
comment on column idempotency_keys.response is 'The answer; null only inside the transaction that makes it.';

create index idempotency_keys_expires_at_idx on idempotency_keys (expires_at);

grant select, insert, update, delete on idempotency_keys to onceward_app;
