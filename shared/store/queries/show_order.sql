-- An order with all that is on it, and its latest payments.
select
    orders.order_id as "order_id!",
    user_id as "user_id!",
    currency as "currency!",
    total as "total!",
    settled::text as "settled!",
    refunded::text as "refunded!",
    payment_status as "payment_status!",
    event_source as "event_source!",
    event_id as "event_id!",
    placed_at as "placed_at!",
    orders.recorded_at as "recorded_at!",
    items.skus as "skus!",
    items.quantities as "quantities!",
    items.unit_prices as "unit_prices!",
    paid.payment_ids as "payment_ids!",
    paid.amounts as "amounts!",
    paid.statuses as "statuses!",
    paid.settled_at as "settled_at!",
    paid.recorded_at as "payments_recorded_at!"
from orders
cross join lateral (
    select
        coalesce(array_agg(sku order by line), '{}') as skus,
        coalesce(array_agg(quantity order by line), '{}') as quantities,
        coalesce(array_agg(unit_price order by line), '{}') as unit_prices
    from order_items
    where order_items.order_id = orders.order_id
) as items
cross join lateral (
    select
        coalesce(array_agg(payment_id), '{}') as payment_ids,
        coalesce(array_agg(amount), '{}') as amounts,
        coalesce(array_agg(status), '{}') as statuses,
        coalesce(array_agg(latest.settled_at), '{}') as settled_at,
        coalesce(array_agg(latest.recorded_at), '{}') as recorded_at
    from (
        select payment_id, amount, status, payments.settled_at, payments.recorded_at
        from payments
        where payments.order_id = orders.order_id
        order by payments.settled_at desc, payment_id desc
        limit $2
    ) as latest
) as paid
where orders.order_id = $1
