insert into audit_log (
    chain, seq, previous_hash, hash, event_source, event_id, event_type, user_id, action, resource, status, detail, is_stale,
    correlation_id, causation_id, occurred_at, recorded_at
)
select *
from unnest(
    $1::text[], $2::bigint[], $3::bytea[], $4::bytea[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
    $11::text[], $12::text[], $13::boolean[], $14::text[], $15::text[], $16::timestamptz[], $17::timestamptz[]
)
