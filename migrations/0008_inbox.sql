-- Which events a consumer has seen. Its row is written before the effect and in the same transaction, so that an event that comes
-- again, at whatever offset, changes nothing.
create table inbox (
    consumer text collate "C" not null,
    event_source text collate "C" not null,
    event_id text collate "C" not null,
    state text collate "C" not null,
    topic text collate "C" not null,
    partition integer not null,
    record_offset bigint not null,
    received_at timestamptz not null,
    constraint inbox_pkey primary key (consumer, event_source, event_id),
    constraint inbox_state_check check (state in ('applied', 'stale', 'discarded', 'parked', 'dead_lettered'))
);

comment on table inbox is 'One row per consumer and event that it has seen. Written by the engine of the consumers, first in each transaction.';
comment on column inbox.event_source is 'The source attribute: with the id it says which event this is.';
comment on column inbox.state is 'applied, stale and discarded are final; parked and dead_lettered may still change.';
comment on column inbox.topic is 'With partition and offset, where it was first seen: evidence, and no part of what identifies it.';
comment on column inbox.received_at is 'When it was first seen. Final rows are removed INBOX_KEEP_DAYS later, which is longer than any topic keeps the event.';

-- What the housekeeper looks through.
create index inbox_received_at_idx on inbox (received_at);

grant select, insert, update (state), delete on inbox to onceward_app;
