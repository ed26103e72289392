-- A head that was turned back names a row that is not the last. The chain goes on behind the last, as events must not wait for a repair,
-- and with the head's hash, so that the break stays to be seen.
select
    audit_heads.chain,
    greatest(audit_heads.seq, last.seq) as "seq!",
    audit_heads.hash
from audit_heads
left join lateral (
    select audit_log.seq
    from audit_log
    where audit_log.chain = audit_heads.chain and audit_log.seq > audit_heads.seq
    order by audit_log.seq desc
    limit 1
) as last on true
where audit_heads.chain = any($1)
order by audit_heads.chain
for update of audit_heads
