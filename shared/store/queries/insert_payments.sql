-- Which of the payments are new. Their orders are locked, and in the same currency.
with told as (
    insert into payments (payment_id, order_id, amount, status, event_source, event_id, settled_at, recorded_at)
    select payment_id, order_id, amount, status, event_source, event_id, settled_at, now()
    from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::timestamptz[]) as given (
        payment_id, order_id, amount, status, event_source, event_id, settled_at
    )
    order by payment_id
    on conflict on constraint payments_pkey do nothing
    returning payment_id, order_id, amount, status
),
-- The sums grow by the rows that are new, and by nothing else.
sums as (
    select
        order_id,
        coalesce(sum(amount) filter (where status = 'settled'), 0) as settled,
        coalesce(sum(amount) filter (where status = 'refunded'), 0) as refunded
    from told
    where status <> 'failed'
    group by order_id
),
added as (
    update orders set settled = orders.settled + sums.settled, refunded = orders.refunded + sums.refunded
    from sums
    where orders.order_id = sums.order_id
)
select payment_id as "payment_id!" from told
