-- Of the two, only one runs, and each has an index in this order.
select sku as "sku!", quantity as "quantity!", adjustments as "adjustments!"
from (
    (select * from inventory where not $1::boolean and sku > $2::text order by sku limit $3)
    union all
    (select * from inventory where $1 and quantity < 0 and sku > $2 order by sku limit $3)
) as listed
order by sku
