with recursive logged as (
    -- From one chain to the next by the primary key: not all rows are looked at.
    (select chain from audit_log order by chain limit 1)
    union all
    select (select audit_log.chain from audit_log where audit_log.chain > logged.chain order by audit_log.chain limit 1)
    from logged
    where logged.chain is not null
)
select chain as "chain!" from logged where chain is not null
union
select chain from audit_heads
union
select chain from audit_verifications where verified_seq > 0 or broken_seq is not null
order by 1
