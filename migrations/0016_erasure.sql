-- The bytes of dead letters are never edited, but for one reason: the person they are about is erased.

create function mentions(bytes bytea, person text) returns boolean
language plpgsql
immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    words text;
begin
    if bytes is null then
        return false;
    end if;
    -- JSON may write any letter as an escape.
    if position('\x5c75'::bytea in bytes) > 0 then
        begin
            bytes := convert_to(convert_from(bytes, 'UTF8')::jsonb::text, 'UTF8');
        exception
            when others then null;
        end;
    end if;
    if position(convert_to(person, 'UTF8') in bytes) = 0 then
        return false;
    end if;
    -- u-1 does not stand in u-10, in a.u-1, in u-1:a or in u-1@example.com; it does in "u-1." and in "u-1: ".
    words := regexp_replace(encode(bytes, 'escape'), '\\[0-7]{3}', ' ', 'g');
    return words ~ ('(?<![A-Za-z0-9_@-])(?<![A-Za-z0-9_@-][.:])' || replace(person, '.', '\.')
        || '(?![A-Za-z0-9_@-])(?![.:]+[A-Za-z0-9_@-])');
end
$$;

comment on function mentions(bytea, text) is 'Whether the id of a person stands in the bytes, as a whole and not as a part of another id.';

create function is_about(person text, key bytea, value bytea, headers bytea) returns boolean
language plpgsql
immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
    if public.mentions(key, person) or public.mentions(value, person) then
        return true;
    end if;
    return exists (
        select
        from jsonb_array_elements(convert_from(headers, 'UTF8')::jsonb) as header
        where public.mentions(convert_to(header ->> 0, 'UTF8'), person)
            or public.mentions(decode(header ->> 1, 'base64'), person)
    );
exception
    -- They are no list of names and values.
    when others then
        return public.mentions(headers, person);
end
$$;

comment on function is_about(text, bytea, bytea, bytea) is 'Whether the id of a person stands in a record: in its key, its value, or one of its headers, which are kept as [name, value in base64].';

create function erase_dead_letters(person text, topics text[], erased timestamptz) returns setof bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    ids bigint[];
begin
    if person !~ '^[A-Za-z0-9_.:-]{1,128}$' then
        raise exception 'nobody has such an id' using errcode = 'invalid_parameter_value';
    end if;
    -- In the order that everybody takes.
    select coalesce(array_agg(locked.dead_letter_id), '{}') into ids
    from (
        select dead_letter_id
        from public.dead_letters
        where topic = any(topics) and (value is not null or headers <> '[]'::bytea) and public.is_about(person, key, value, headers)
        order by dead_letter_id
        for update
    ) as locked;
    update public.inbox set state = 'discarded'
    from public.dead_letters as letter
    where letter.dead_letter_id = any(ids)
        and letter.state = 'open'
        and inbox.consumer = letter.consumer
        and inbox.event_source = letter.event_source
        and inbox.event_id = letter.event_id
        and inbox.topic = letter.topic
        and inbox.partition = letter.partition
        and inbox.record_offset = letter.record_offset
        and inbox.state = 'dead_lettered';
    -- Without bytes, two letters of one place are told apart by nothing any more.
    delete from public.dead_letters as older using public.dead_letters as newer
    where (newer.consumer, newer.topic, newer.partition, newer.record_offset)
            = (older.consumer, older.topic, older.partition, older.record_offset)
        and newer.dead_letter_id > older.dead_letter_id
        and ((older.dead_letter_id = any(ids) and (newer.dead_letter_id = any(ids) or newer.value is null))
            or (newer.dead_letter_id = any(ids) and older.value is null));
    update public.dead_letters
    set key = case when key = convert_to(person, 'UTF8') then key end,
        value = null,
        headers = '[]',
        error = 'the bytes were erased with the person they were about',
        state = case when state in ('open', 'redriven') then 'discarded' else state end,
        reason = case when state in ('open', 'redriven') then 'the person was erased' else reason end,
        resolved_at = case when state in ('open', 'redriven') then erased else resolved_at end
    where dead_letter_id = any(ids);
    return query select unnest(ids);
end
$$;

comment on function erase_dead_letters(text, text[], timestamptz) is 'Clears the bytes of dead letters in which the id of a person stands, and says which they were. Those that waited for somebody are given up.';

revoke all on function erase_dead_letters(text, text[], timestamptz) from public;
grant execute on function erase_dead_letters(text, text[], timestamptz) to onceward_app;
