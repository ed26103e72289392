-- The bytes of dead letters are never edited, but for one reason: the person they are about is erased.
create function erase_dead_letters(person text, topics text[], erased timestamptz) returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    ids bigint[];
begin
    if length(person) = 0 then
        raise exception 'nobody to erase' using errcode = 'invalid_parameter_value';
    end if;
    select array_agg(dead_letter_id) into ids
    from public.dead_letters
    where topic = any(topics)
        and (value is not null or key is not null)
        and (key = convert_to(person, 'UTF8') or position(convert_to(person, 'UTF8') in coalesce(value, ''::bytea)) > 0
            or position(convert_to(person, 'UTF8') in headers) > 0);
    -- Without bytes, two letters of one place are told apart by nothing any more.
    delete from public.dead_letters as older using public.dead_letters as newer
    where older.dead_letter_id = any(ids)
        and (newer.consumer, newer.topic, newer.partition, newer.record_offset)
            = (older.consumer, older.topic, older.partition, older.record_offset)
        and newer.dead_letter_id > older.dead_letter_id
        and (newer.dead_letter_id = any(ids) or newer.value is null);
    update public.dead_letters
    set value = null,
        headers = '[]',
        error = 'the bytes were erased with the person they were about',
        state = case when state in ('open', 'redriven') then 'discarded' else state end,
        reason = case when state in ('open', 'redriven') then 'the person was erased' else reason end,
        resolved_at = case when state in ('open', 'redriven') then erased else resolved_at end,
        forwarded_at = coalesce(forwarded_at, erased)
    where dead_letter_id = any(ids);
    return coalesce(cardinality(ids), 0);
end
$$;

comment on function erase_dead_letters(text, text[], timestamptz) is 'Clears the bytes of dead letters of a person: those under their key, and those in which their id stands. Those that waited for somebody are given up.';

revoke all on function erase_dead_letters(text, text[], timestamptz) from public;
grant execute on function erase_dead_letters(text, text[], timestamptz) to onceward_app;
