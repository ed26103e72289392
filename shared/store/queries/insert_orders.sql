-- Which of the orders are new. Those that are there stay as they are, with the items that they have.
with placed as (
    insert into orders (order_id, user_id, currency, total, event_source, event_id, placed_at, recorded_at)
    select order_id, user_id, currency, total, event_source, event_id, placed_at, now()
    from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::timestamptz[]) as given (
        order_id, user_id, currency, total, event_source, event_id, placed_at
    )
    order by order_id
    on conflict on constraint orders_pkey do nothing
    returning order_id
),
-- In the same statement, at whose end a trigger compares the totals.
lines as (
    insert into order_items (order_id, line, sku, quantity, unit_price)
    select order_id, line, sku, quantity, unit_price
    from unnest($8::text[], $9::int[], $10::text[], $11::bigint[], $12::bigint[]) as item (order_id, line, sku, quantity, unit_price)
    inner join placed using (order_id)
)
select order_id as "order_id!" from placed
