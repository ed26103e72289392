with
priced as (
    select order_id, sum(quantity::numeric * unit_price) as total
    from order_items
    group by order_id
),
paid as (
    select
        order_id,
        sum(amount) filter (where status = 'settled') as settled,
        sum(amount) filter (where status = 'refunded') as refunded
    from payments
    group by order_id
),
recomputed as (
    select order_id, priced.total, coalesce(paid.settled, 0) as settled, coalesce(paid.refunded, 0) as refunded
    from priced
    full join paid using (order_id)
),
stored as not materialized (
    select order_id, total::numeric as total, settled, refunded from orders
),
differing as (
    select order_id as key, to_jsonb(stored) as stored, to_jsonb(recomputed) as recomputed
    from stored
    full join recomputed using (order_id)
    where stored is distinct from recomputed
)
select
    (select count(*) from stored) + (select count(*) from differing where stored is null) as "compared!",
    (select count(*) from differing) as "differing!",
    array(select key from differing order by key limit $1) as "keys!",
    array(select stored::text from differing order by key limit $1) as "stored!: Vec<Option<String>>",
    array(select recomputed::text from differing order by key limit $1) as "recomputed!: Vec<Option<String>>"
