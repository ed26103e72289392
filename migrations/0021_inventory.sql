-- How much there is of each article, and what made it so.
create table inventory (
    sku text collate "C" not null,
    quantity bigint not null,
    adjustments bigint not null,
    constraint inventory_pkey primary key (sku),
    constraint inventory_adjustments_check check (adjustments > 0)
);

comment on table inventory is 'The stock of each article, as its adjustments make it.';
comment on column inventory.quantity is 'The sum of its adjustments. Less than 0 says that the article is oversold.';
comment on column inventory.adjustments is 'How many they are.';

create index inventory_oversold_idx on inventory (sku) where quantity < 0;

create table inventory_adjustments (
    adjustment_id text collate "C" not null,
    sku text collate "C" not null,
    delta bigint not null,
    reason text not null,
    event_source text collate "C" not null,
    event_id text collate "C" not null,
    adjusted_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint inventory_adjustments_pkey primary key (adjustment_id),
    constraint inventory_adjustments_inventory_fkey foreign key (sku) references inventory
);

comment on table inventory_adjustments is 'The ledger of the stock: rows are added, and none is changed.';
comment on column inventory_adjustments.event_source is 'The event that told of it, which the first to arrive is.';
comment on column inventory_adjustments.adjusted_at is 'When the stock changed, as the event says.';

create index inventory_adjustments_sku_idx on inventory_adjustments (sku, adjusted_at desc, adjustment_id desc);

grant select, insert, update (quantity, adjustments) on inventory to onceward_app;
grant select, insert on inventory_adjustments to onceward_app;
