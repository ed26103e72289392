with
recomputed as (
    select sku, sum(delta) as quantity, count(*) as adjustments
    from inventory_adjustments
    group by sku
),
stored as not materialized (
    select sku, quantity::numeric as quantity, adjustments from inventory
),
differing as (
    select sku as key, to_jsonb(stored) as stored, to_jsonb(recomputed) as recomputed
    from stored
    full join recomputed using (sku)
    where stored is distinct from recomputed
)
select
    (select count(*) from stored) + (select count(*) from differing where stored is null) as "compared!",
    (select count(*) from differing) as "differing!",
    array(select key from differing order by key limit $1) as "keys!",
    array(select stored::text from differing order by key limit $1) as "stored!: Vec<Option<String>>",
    array(select recomputed::text from differing order by key limit $1) as "recomputed!: Vec<Option<String>>"
