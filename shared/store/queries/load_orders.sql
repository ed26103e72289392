-- What the events that placed these orders said, with the items in their order.
select
    orders.order_id as "order_id!",
    user_id as "user_id!",
    currency as "currency!",
    array_agg(sku order by line) as "skus!",
    array_agg(quantity order by line) as "quantities!",
    array_agg(unit_price order by line) as "unit_prices!"
from orders
inner join order_items using (order_id)
where orders.order_id = any($1::text[])
group by orders.order_id
