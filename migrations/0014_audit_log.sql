-- What has to be on record: append-only, and each row carries the hash of the one before it in its chain, so that a change shows.
create table audit_log (
    chain text collate "C" not null,
    seq bigint not null,
    previous_hash bytea not null,
    hash bytea not null,
    event_source text collate "C" not null,
    event_id text collate "C" not null,
    event_type text collate "C" not null,
    user_id text collate "C" not null,
    action text collate "C" not null,
    resource text collate "C" not null,
    status text collate "C" not null,
    detail text,
    is_stale boolean not null,
    correlation_id text collate "C",
    causation_id text collate "C",
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint audit_log_pkey primary key (chain, seq),
    constraint audit_log_seq_check check (seq > 0),
    constraint audit_log_hash_check check (octet_length(hash) = 32 and octet_length(previous_hash) = 32)
);

comment on table audit_log is 'Who did what, when. Rows are only ever added, by event-fanout, in the transaction of the event''s effect.';
comment on column audit_log.chain is 'One for each partition that the events come from: topic, a slash, partition.';
comment on column audit_log.seq is 'Place in the chain, from 1, without gaps.';
comment on column audit_log.previous_hash is 'The hash of the row before; 32 zero bytes in the first.';
comment on column audit_log.hash is 'SHA-256 of all other columns in the canonical form of shared/store/src/audit_log.';
comment on column audit_log.event_type is 'The event''s type; of a system.audit, what its eventType says.';
comment on column audit_log.user_id is 'Whom it is about, or who did it. Personal data is referenced by it, and does not stand here.';
comment on column audit_log.detail is 'What else there is to say: the names of updated fields, a reason.';
comment on column audit_log.is_stale is 'Whether something newer had taken effect before, so that it changed nothing else.';

create index audit_log_occurred_at_idx on audit_log (occurred_at, chain, seq);
create index audit_log_user_id_idx on audit_log (user_id, occurred_at, chain, seq);
create index audit_log_resource_idx on audit_log (resource, occurred_at, chain, seq);
create index audit_log_action_idx on audit_log (action, occurred_at, chain, seq);
create index audit_log_correlation_id_idx on audit_log (correlation_id, occurred_at, chain, seq) where correlation_id is not null;

create function refuse_audit_change() returns trigger
language plpgsql
as $$
begin
    raise exception 'audit_log is append-only: % is refused', lower(tg_op) using errcode = 'insufficient_privilege';
end
$$;

comment on function refuse_audit_change() is 'Refuses what would change or remove rows of audit_log.';

create trigger audit_log_append_only before update or delete or truncate on audit_log
    for each statement execute function refuse_audit_change();
-- Also where a session calls itself a replica.
alter table audit_log enable always trigger audit_log_append_only;

create table audit_heads (
    chain text collate "C" not null,
    seq bigint not null,
    hash bytea not null,
    constraint audit_heads_pkey primary key (chain)
);

comment on table audit_heads is 'The last row of each chain of audit_log. Whoever appends locks it first, in the order of the chains, as the last step of a transaction.';

create table audit_verifications (
    chain text collate "C" not null,
    verified_seq bigint not null,
    verified_hash bytea not null,
    verified_at timestamptz not null,
    completed_at timestamptz,
    broken_seq bigint,
    broken_how text collate "C",
    constraint audit_verifications_pkey primary key (chain),
    constraint audit_verifications_broken_check check ((broken_seq is null) = (broken_how is null)),
    constraint audit_verifications_how_check check (broken_how in ('edited', 'removed', 'swapped', 'cut_off'))
);

comment on table audit_verifications is 'How far audit-verify has come in each chain, and what it has found.';
comment on column audit_verifications.verified_seq is 'Up to here the chain holds, in the pass that is under way.';
comment on column audit_verifications.completed_at is 'When a pass last came to the end of the chain; null while one is under way.';
comment on column audit_verifications.broken_seq is 'The first row that does not hold; null where all do.';

grant select, insert on audit_log to onceward_app;
grant select, insert, update on audit_heads, audit_verifications to onceward_app;
