-- Which of the adjustments are new.
with adjusted as (
    insert into inventory_adjustments (adjustment_id, sku, delta, reason, event_source, event_id, adjusted_at, recorded_at)
    select adjustment_id, sku, delta, reason, event_source, event_id, adjusted_at, now()
    from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::timestamptz[]) as given (
        adjustment_id, sku, delta, reason, event_source, event_id, adjusted_at
    )
    order by adjustment_id
    on conflict on constraint inventory_adjustments_pkey do nothing
    returning adjustment_id, sku, delta
),
-- The stock changes by the rows that are new, and by nothing else.
stocked as (
    insert into inventory (sku, quantity, adjustments)
    select sku, sum(delta), count(*)
    from adjusted
    group by sku
    order by sku
    on conflict on constraint inventory_pkey do update
    set quantity = inventory.quantity + excluded.quantity, adjustments = inventory.adjustments + excluded.adjustments
)
select adjustment_id as "adjustment_id!" from adjusted
