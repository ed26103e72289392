-- Of the three, only one runs: of a user (and maybe in one state), in one state, or all. Each has an index in its order, whatever is
-- known of the parameters when the plan is made. That is why the second compares the state as a part of the place: with an equality,
-- the planner would look through all orders for those in a state that it takes for a common one. A rare state of one user is looked for
-- among all of theirs.
select
    order_id as "order_id!",
    user_id as "user_id!",
    currency as "currency!",
    total as "total!",
    settled::text as "settled!",
    refunded::text as "refunded!",
    payment_status as "payment_status!",
    placed_at as "placed_at!"
from (
    (
        select *
        from orders
        where user_id = $1::text
        and ($2::text is null or payment_status = $2)
        and (placed_at, order_id) < (coalesce($3::timestamptz, 'infinity'), coalesce($4::text, ''))
        order by placed_at desc, order_id desc
        limit $5
    )
    union all
    (
        select *
        from orders
        where $1 is null
        and payment_status >= $2
        and (payment_status, placed_at, order_id) < ($2, coalesce($3, 'infinity'), coalesce($4, ''))
        order by payment_status desc, placed_at desc, order_id desc
        limit $5
    )
    union all
    (
        select *
        from orders
        where $1 is null
        and $2 is null
        and (placed_at, order_id) < (coalesce($3, 'infinity'), coalesce($4, ''))
        order by placed_at desc, order_id desc
        limit $5
    )
) as listed
order by placed_at desc, order_id desc
