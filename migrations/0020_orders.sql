-- Orders, what is on them, and the money that moved for them.

-- An index that not every row is in makes no key of the table: with one, a change of an address would wait for, and block, whoever
-- inserts an order of that user.
alter table users drop constraint users_email_key;
create unique index users_email_key on users (email_key) where email_key is not null;

create table orders (
    order_id text collate "C" not null,
    user_id text collate "C" not null,
    currency text collate "C" not null,
    total bigint not null,
    settled numeric(38) not null default 0,
    refunded numeric(38) not null default 0,
    payment_status text collate "C" generated always as (
        case
            when settled < refunded then 'over_refunded'
            when settled - refunded > total then 'overpaid'
            when settled - refunded = total then 'paid'
            when settled > refunded then 'partially_paid'
            when settled > 0 then 'refunded'
            else 'unpaid'
        end
    ) stored,
    event_source text collate "C" not null,
    event_id text collate "C" not null,
    placed_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint orders_pkey primary key (order_id),
    constraint orders_users_fkey foreign key (user_id) references users,
    constraint orders_currency_check check (currency ~ '^[A-Z]{3}$'),
    constraint orders_total_check check (total >= 0),
    constraint orders_settled_check check (settled >= 0),
    constraint orders_refunded_check check (refunded >= 0)
);

comment on table orders is 'What users ordered, and how much of it is paid.';
comment on column orders.currency is 'ISO 4217; which codes there are, the events say. Prices and payments of the order are in it.';
comment on column orders.total is 'The sum of quantity times price of its items, in minor units of the currency. A trigger compares.';
comment on column orders.settled is 'The sum of its settled payments. It is wider than an amount: however many there are, none is refused for its sum.';
comment on column orders.refunded is 'The sum of its refunds.';
comment on column orders.payment_status is 'How settled less refunded compares with the total. One without a total is paid.';
comment on column orders.event_source is 'The event that placed it, which the first to arrive is.';
comment on column orders.placed_at is 'When it was placed, as that event says.';

create index orders_placed_at_idx on orders (placed_at desc, order_id desc);
create index orders_user_id_idx on orders (user_id, placed_at desc, order_id desc);
create index orders_payment_status_idx on orders (payment_status, placed_at, order_id);

create table order_items (
    order_id text collate "C" not null,
    line integer not null,
    sku text collate "C" not null,
    quantity bigint not null,
    unit_price bigint not null,
    constraint order_items_pkey primary key (order_id, line),
    constraint order_items_orders_fkey foreign key (order_id) references orders on delete cascade,
    constraint order_items_line_check check (line > 0),
    constraint order_items_quantity_check check (quantity > 0),
    constraint order_items_unit_price_check check (unit_price >= 0)
);

comment on table order_items is 'The lines of orders. They go with their order.';
comment on column order_items.line is 'Its place on the order, from 1.';
comment on column order_items.unit_price is 'What one costs, in minor units of the order''s currency.';

-- Compared at the end of each statement, and not at the end of the transaction: a batch looks for the one order that is wrong under
-- savepoints, and could not once all of it commits. An order and its items are therefore written in one statement.
create function check_order_totals() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    wrong text;
begin
    -- Order by order, by the primary keys: a plan that was made while the table was small, and reads all of it, is kept for the session.
    select touched.order_id into wrong
    from (select distinct changed.order_id from changed) as touched
    cross join lateral (
        select placed.total from public.orders as placed where placed.order_id = touched.order_id limit 1
    ) as placed
    cross join lateral (
        select sum(item.quantity::numeric * item.unit_price) as total
        from public.order_items as item
        where item.order_id = touched.order_id
    ) as items
    where items.total is distinct from placed.total
    limit 1;
    if found then
        raise exception 'the total of order % is not the sum of its items', wrong
            using errcode = 'check_violation', schema = 'public', table = 'orders', constraint = 'orders_items_total_check';
    end if;
    return null;
end
$$;

comment on function check_order_totals() is 'Refuses a statement after which an order has no items, or another total than they come to.';

create trigger orders_items_total_insert after insert on orders
    referencing new table as changed for each statement execute function check_order_totals();
create trigger order_items_total_insert after insert on order_items
    referencing new table as changed for each statement execute function check_order_totals();
create trigger order_items_total_update_from after update on order_items
    referencing old table as changed for each statement execute function check_order_totals();
create trigger order_items_total_update_to after update on order_items
    referencing new table as changed for each statement execute function check_order_totals();
create trigger order_items_total_delete after delete on order_items
    referencing old table as changed for each statement execute function check_order_totals();

-- Payments change other columns of an order all the time: the total is compared only where it is written.
create function check_order_total() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if new.total is distinct from (
        select sum(item.quantity::numeric * item.unit_price) from public.order_items as item where item.order_id = new.order_id
    ) then
        raise exception 'the total of order % is not the sum of its items', new.order_id
            using errcode = 'check_violation', schema = 'public', table = 'orders', constraint = 'orders_items_total_check';
    end if;
    return null;
end
$$;

comment on function check_order_total() is 'Refuses a new total of an order that its items do not come to.';

create trigger orders_items_total_update after update of order_id, total on orders
    for each row execute function check_order_total();

create table payments (
    payment_id text collate "C" not null,
    order_id text collate "C" not null,
    amount bigint not null,
    status text collate "C" not null,
    event_source text collate "C" not null,
    event_id text collate "C" not null,
    settled_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint payments_pkey primary key (payment_id),
    constraint payments_orders_fkey foreign key (order_id) references orders,
    constraint payments_amount_check check (amount > 0),
    constraint payments_status_check check (status in ('settled', 'failed', 'refunded'))
);

comment on table payments is 'Money that moved for orders, or failed to. A payment is in the currency of its order, and has none of its own.';
comment on column payments.amount is 'In minor units of the order''s currency; of a refund, how much went back.';
comment on column payments.event_source is 'The event that told of it, which the first to arrive is.';
comment on column payments.settled_at is 'When that was, as the event says.';

create index payments_order_id_idx on payments (order_id, settled_at desc, payment_id desc);

grant select, insert, update (settled, refunded) on orders to onceward_app;
grant select, insert on order_items, payments to onceward_app;
