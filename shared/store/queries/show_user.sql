-- The user once for each of the latest orders, and once without an order where there is none.
select
    users.user_id as "user_id!",
    user_type,
    email,
    display_name,
    registered_at,
    last_login_at,
    failed_logins as "failed_logins!",
    erased_at,
    latest.order_id as "order_id?",
    latest.currency as "currency?",
    latest.total as "total?",
    latest.settled::text as "settled?",
    latest.refunded::text as "refunded?",
    latest.payment_status as "payment_status?",
    latest.placed_at as "placed_at?"
from users
left join lateral (
    select order_id, currency, total, settled, refunded, payment_status, placed_at
    from orders
    where orders.user_id = users.user_id
    order by placed_at desc, order_id desc
    limit $2
) as latest on true
where users.user_id = $1
order by placed_at desc, order_id desc
