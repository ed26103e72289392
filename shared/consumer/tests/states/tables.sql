create table shop_orders (id text primary key);
create table shop_log (
    place bigint generated always as identity primary key,
    number bigint not null,
    told text not null,
    constraint shop_log_told_check check (told not like '%bad%')
);
grant select, insert on shop_orders, shop_log to onceward_app;
