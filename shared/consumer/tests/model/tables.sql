-- What was applied, in its order. A weight below zero and a divisor of zero are how a record is refused by the database.
create table model_log (
    place bigint generated always as identity primary key,
    consumer text not null,
    number bigint not null,
    queue text not null,
    weight integer not null,
    constraint model_log_weight_check check (weight >= 0),
    constraint model_log_number_key unique (consumer, number)
);

-- The same, folded.
create table model_trails (queue text primary key, trail text not null);

-- What some create and others need.
create table model_rows (id text primary key);
create table model_ledgers (id text primary key);
create table model_entries (
    number bigint not null,
    ledger text not null,
    constraint model_entries_ledger_fkey foreign key (ledger) references model_ledgers (id)
);

grant select, insert, update on model_log, model_trails, model_rows, model_ledgers, model_entries to onceward_app;
