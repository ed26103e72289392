-- The stock of an article, once for each of its latest adjustments before a place; none where it has never been adjusted.
select
    inventory.sku as "sku!",
    quantity as "quantity!",
    adjustments as "adjustments!",
    adjustment_id as "adjustment_id?",
    delta as "delta?",
    reason as "reason?",
    event_source as "event_source?",
    event_id as "event_id?",
    adjusted_at as "adjusted_at?",
    recorded_at as "recorded_at?"
from inventory
left join lateral (
    select *
    from inventory_adjustments as told
    where told.sku = inventory.sku
    and (told.adjusted_at, told.adjustment_id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::text, ''))
    order by told.adjusted_at desc, told.adjustment_id desc
    limit $4
) as latest on true
where inventory.sku = $1
order by adjusted_at desc, adjustment_id desc
