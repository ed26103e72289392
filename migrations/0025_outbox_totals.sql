-- What became of the outbox, since the beginning: its rows are gone once they are published, and functions keep no figures.
create table outbox_totals (
    topic text collate "C" not null,
    shard smallint not null,
    published bigint not null,
    failed bigint not null,
    constraint outbox_totals_pkey primary key (topic, shard)
) with (fillfactor = 50);

comment on table outbox_totals is 'Counts per topic, with a row for each shard: whoever drains a shard holds its lock, so that nobody waits for a row of these. Updates find room in their page.';
comment on column outbox_totals.published is 'Rows that Kafka acknowledged: as many as were removed for it.';
comment on column outbox_totals.failed is 'How often Kafka refused a row.';

grant select, insert, update on outbox_totals to onceward_app;
