-- What is read of consumers besides counts: how long they take, and why an invocation failed.

alter table consumer_batches add column database_seconds double precision;
comment on column consumer_batches.database_seconds is 'Of seconds, those since its transaction began. Null where a release before this column wrote the row.';

alter table consumer_batch_totals
    add column durations bigint[] not null default '{}',
    add column database_durations bigint[] not null default '{}',
    add column database_seconds double precision not null default 0;
comment on column consumer_batch_totals.durations is 'Histogram of consumer_batches.seconds, by the bounds of store::figures::DURATION_BOUNDS. What was folded before this column is in no bucket, here and below.';
comment on column consumer_batch_totals.database_durations is 'The same of database_seconds.';

create table consumer_failures (
    consumer text collate "C" not null,
    topic text collate "C" not null,
    partition integer not null,
    reason text collate "C" not null,
    first_offset bigint not null,
    failed_at timestamptz not null,
    message text not null,
    failures bigint not null,
    constraint consumer_failures_pkey primary key (consumer, topic, partition, reason),
    constraint consumer_failures_reason_check check (reason in ('breaker', 'culprits', 'database', 'mistake'))
);

comment on table consumer_failures is 'Batches that failed and changed nothing, by the partitions that they had records of. What the database could not be told is missing.';
comment on column consumer_failures.reason is 'breaker: too many dead letters; culprits: looking for refused rows took too long; database: it did not pass in time; mistake: of ours.';
comment on column consumer_failures.first_offset is 'Where the batch that failed last began: while the group has not come further, it still fails.';
comment on column consumer_failures.message is 'What was said of the last one.';
comment on column consumer_failures.failures is 'How many, since the row is there: the housekeeper removes it when the last one is INBOX_KEEP_DAYS old, and counting begins anew.';

grant select, insert, update, delete on consumer_failures to onceward_app;

-- Counting dead letters reads no record.
create index dead_letters_counts_idx on dead_letters (consumer, error_class, state) include (failed_at);
