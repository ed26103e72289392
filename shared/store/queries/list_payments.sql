-- A row without a payment where none is asked for or there, and none where there is no such order.
select
    currency as "currency!",
    payment_id as "payment_id?",
    amount as "amount?",
    status as "status?",
    latest.settled_at as "settled_at?",
    latest.recorded_at as "recorded_at?"
from orders
left join lateral (
    select payment_id, amount, status, payments.settled_at, payments.recorded_at
    from payments
    where payments.order_id = orders.order_id
    and (payments.settled_at, payment_id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::text, ''))
    order by payments.settled_at desc, payment_id desc
    limit $4
) as latest on true
where orders.order_id = $1
order by latest.settled_at desc, payment_id desc
