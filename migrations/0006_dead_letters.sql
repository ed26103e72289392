-- Records that can never succeed, with everything needed to look into them and to send them on.
-- Bytes are kept as bytes: nothing in a record can make this insert fail.
create table dead_letters (
    dead_letter_id bigint generated always as identity,
    consumer text not null,
    topic text not null,
    partition integer not null,
    record_offset bigint not null,
    record_time timestamptz,
    key bytea,
    value bytea,
    headers bytea not null,
    event_source text,
    event_id text,
    error_class text not null,
    error text not null,
    attempts integer not null,
    failed_at timestamptz not null default now(),
    value_sha256 bytea not null generated always as (sha256(coalesce(value, ''::bytea))) stored,
    constraint dead_letters_pkey primary key (dead_letter_id),
    constraint dead_letters_record_key unique (consumer, topic, partition, record_offset, value_sha256)
);

comment on table dead_letters is 'Records that can never succeed. Written in the transaction of the batch that they came in.';
comment on column dead_letters.headers is 'JSON: an array of [name, value in base64], in their order.';
comment on column dead_letters.event_source is 'The source attribute, where it could be read.';
comment on column dead_letters.event_id is 'The id attribute, where it could be read.';
comment on column dead_letters.error_class is 'A short name of the kind of error, for filtering.';
comment on column dead_letters.attempts is 'How often the record was delivered before it was kept here.';
comment on column dead_letters.value_sha256 is 'With the offset, tells a record from another at the same place of a topic that was made anew.';

grant select, insert on dead_letters to onceward_app;
