-- What consumers did, exactly: one insert a batch, in its transaction, so that no two consumers wait for one row of totals.
create table consumer_batches (
    batch_id bigint generated always as identity,
    consumer text collate "C" not null,
    processed_at timestamptz not null,
    records integer not null,
    retries integer not null,
    seconds double precision not null,
    types text[] collate "C" not null,
    outcomes text[] collate "C" not null,
    counts bigint[] not null,
    ages bigint[] not null,
    age_seconds double precision not null,
    constraint consumer_batches_pkey primary key (batch_id),
    constraint consumer_batches_counts_check check (
        cardinality(types) = cardinality(counts) and cardinality(outcomes) = cardinality(counts)
    )
);

comment on table consumer_batches is 'One row per batch or drain that did something. The housekeeper folds old ones into the totals.';
comment on column consumer_batches.retries is 'How often its transaction was tried again.';
comment on column consumer_batches.seconds is 'From the invocation to shortly before the commit.';
comment on column consumer_batches.types is 'With outcomes and counts, a table: so many events of that type had that outcome. Unreadable ones have the type unknown.';
comment on column consumer_batches.ages is 'Histogram of the age of applied events: how many were at most 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600 seconds old, each bucket apart, and how many older.';
comment on column consumer_batches.age_seconds is 'Sum of those ages.';

create table consumer_totals (
    consumer text collate "C" not null,
    event_type text collate "C" not null,
    outcome text collate "C" not null,
    events bigint not null,
    constraint consumer_totals_pkey primary key (consumer, event_type, outcome)
);

comment on table consumer_totals is 'Folded consumer_batches: events by type and outcome. Together with the batches that are still there, all since the beginning.';

create table consumer_batch_totals (
    consumer text collate "C" not null,
    batches bigint not null,
    records bigint not null,
    retries bigint not null,
    seconds double precision not null,
    ages bigint[] not null,
    age_seconds double precision not null,
    last_batch_at timestamptz not null,
    constraint consumer_batch_totals_pkey primary key (consumer)
);

comment on table consumer_batch_totals is 'Folded consumer_batches: what is counted per consumer and not per type.';

create index consumer_batches_processed_at_idx on consumer_batches (processed_at);

grant select, insert, delete on consumer_batches to onceward_app;
grant select, insert, update on consumer_totals, consumer_batch_totals to onceward_app;
