-- Queues that are held up: a key of a topic, for one consumer, of which something is parked. Whoever parks or releases something
-- locks the queue's row first, in the order of the primary key.
create table blocked_keys (
    consumer text collate "C" not null,
    topic text collate "C" not null,
    queue bytea not null,
    blocked_at timestamptz not null,
    constraint blocked_keys_pkey primary key (consumer, topic, queue)
);

comment on table blocked_keys is 'Keys of which something is parked: later events of them wait. Locked before anything is decided about a key.';
comment on column blocked_keys.queue is 'The byte k and the record key, or h and the SHA-256 of one over 256 bytes; for a record without a key, which holds up nothing else, the byte - and its partition and offset.';

-- Events that wait: for the row that they need, or behind one that does.
create table parked_events (
    parked_id bigint generated always as identity,
    consumer text collate "C" not null,
    topic text collate "C" not null,
    queue bytea not null,
    partition integer not null,
    record_offset bigint not null,
    record_time timestamptz,
    key bytea,
    value bytea not null,
    headers bytea not null,
    event_source text collate "C",
    event_id text collate "C",
    awaits_kind text collate "C",
    awaits_id text collate "C",
    parked_at timestamptz not null,
    next_try_at timestamptz,
    tries integer not null,
    dead_letter_id bigint,
    constraint parked_events_pkey primary key (parked_id),
    constraint parked_events_blocked_keys_fkey foreign key (consumer, topic, queue) references blocked_keys,
    constraint parked_events_awaits_check check ((awaits_kind is null) = (awaits_id is null))
);

comment on table parked_events is 'Events that may succeed later. Each consumer releases its own, in the order of partition and offset within a queue.';
comment on column parked_events.event_source is 'Null while the event has no row in the inbox: a redriven record that could not be read.';
comment on column parked_events.awaits_kind is 'Null for one that only stands behind another, and for one that was sent on again by a person.';
comment on column parked_events.next_try_at is 'When it is looked at again; null for one that stands behind another.';
comment on column parked_events.tries is 'How often it was tried since it was parked.';
comment on column parked_events.dead_letter_id is 'The dead letter that it was until a person sent it on.';

create index parked_events_queue_idx on parked_events (consumer, topic, queue, partition, record_offset, parked_id);
-- Of a queue with a hundred thousand events behind one that waits, only that one is looked at.
create index parked_events_tried_idx on parked_events (consumer, topic, queue, partition, record_offset, parked_id)
    where next_try_at is not null;
create index parked_events_next_try_at_idx on parked_events (consumer, next_try_at) where next_try_at is not null;
create index parked_events_awaits_idx on parked_events (consumer, awaits_kind, awaits_id) where awaits_kind is not null;

-- The bytes of a record are never edited: what is repaired is the cause.
grant select, insert, update (blocked_at), delete on blocked_keys to onceward_app;
grant select, insert, update (event_source, event_id, awaits_kind, awaits_id, next_try_at, tries), delete on parked_events
    to onceward_app;
