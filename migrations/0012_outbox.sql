-- Events of functions that change tables: written in the transaction of the change, published after it by whoever drains first.
-- id, aggregatetype, aggregateid, type and payload are the columns that Debezium's event router reads. Insert and delete only.
create table outbox (
    seq bigint generated always as identity,
    id uuid not null,
    aggregatetype text collate "C" not null,
    aggregateid text collate "C" not null,
    type text collate "C" not null,
    payload bytea not null,
    created_at timestamptz not null default clock_timestamp(),
    shard smallint not null generated always as (abs(hashtextextended(aggregateid, 0) % 16)::smallint) stored,
    constraint outbox_pkey primary key (seq)
);

comment on table outbox is 'Events that are to be published. A row is deleted once Kafka has acknowledged it.';
comment on column outbox.seq is 'Order within a key: who inserts holds a lock on the aggregate''s row, so that it is the order of commits.';
comment on column outbox.aggregatetype is 'The topic.';
comment on column outbox.aggregateid is 'The record key.';
comment on column outbox.payload is 'The CloudEvent as it is sent.';
comment on column outbox.shard is 'Keys are drained a shard at a time, under an advisory lock, so that no two relays publish one key at once.';

create index outbox_shard_seq_idx on outbox (shard, seq);

-- Keys whose first event Kafka refuses. The others go on.
create table outbox_failures (
    aggregatetype text collate "C" not null,
    aggregateid text collate "C" not null,
    seq bigint not null,
    attempts integer not null,
    error text not null,
    failed_at timestamptz not null,
    next_try_at timestamptz not null,
    constraint outbox_failures_pkey primary key (aggregatetype, aggregateid)
);

comment on table outbox_failures is 'Keys of the outbox that are stopped: Kafka refused the event seq. Those behind it wait, so that the key keeps its order.';

-- Rows come and go: vacuum by count, and not by a share of what a backlog may have made large.
alter table outbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_insert_scale_factor = 0.2);

grant select, insert, delete on outbox to onceward_app;
grant select, insert, update, delete on outbox_failures to onceward_app;
