create table shop_orders (id text primary key);
create table shop_log (
    place bigint generated always as identity primary key,
    number bigint not null,
    told text not null,
    constraint shop_log_told_check check (told not like '%bad%')
);
create table shop_moves (
    order_id text not null,
    constraint shop_moves_order_fkey foreign key (order_id) references shop_orders (id)
);
grant select, insert on shop_orders, shop_log, shop_moves to onceward_app;
grant delete on shop_orders to onceward_app;
