-- The bytes of dead letters are never edited, but for one reason: the person they are about is erased.

create function person_of(key bytea, value bytea, headers bytea) returns text
language plpgsql
immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    id constant text := '^[A-Za-z0-9_.:-]{1,128}$';
    fields jsonb;
    body jsonb;
    found text;
    words text;
    code text;
begin
    begin
        fields := convert_from(headers, 'UTF8')::jsonb;
    exception
        when others then null;
    end;
    if jsonb_typeof(fields) is distinct from 'array' then
        fields := '[]';
    end if;
    begin
        body := convert_from(value, 'UTF8')::jsonb;
    exception
        when others then null;
    end;
    -- The attributes of an event in binary mode are headers, and its value is the data alone.
    if exists (select from jsonb_array_elements(fields) as field where lower(field ->> 0) = 'ce_specversion') then
        found := body ->> 'userId';
    else
        found := coalesce(body -> 'data' ->> 'userId', body ->> 'userId');
    end if;
    if body is null then
        -- It is no JSON: the first place that reads like the field. In this form of the bytes, a backslash is two.
        words := replace(encode(value, 'escape'), '\\\\', ' ');
        for code in select distinct hit[1] from regexp_matches(words, '\\\\u00([2-7][0-9A-Fa-f])', 'g') as hit loop
            found := convert_from(decode(code, 'hex'), 'UTF8');
            if found ~ id then
                words := replace(words, '\\u00' || code, found);
            end if;
        end loop;
        found := substring(words from '"userId"\s*:\s*"([A-Za-z0-9_.:-]{1,128})"');
    end if;
    -- What the event says decides, where somebody can have such an id.
    if found ~ id then
        return found;
    end if;
    if encode(key, 'escape') ~ id then
        return encode(key, 'escape');
    end if;
    foreach code in array array['partitionkey', 'subject'] loop
        begin
            found := coalesce(body ->> code, (
                select encode(decode(field ->> 1, 'base64'), 'escape')
                from jsonb_array_elements(fields) as field
                where lower(field ->> 0) = 'ce_' || code
                limit 1
            ));
        exception
            when others then found := null;
        end;
        found := regexp_replace(found, '^users/', '');
        if found ~ id then
            return found;
        end if;
    end loop;
    return null;
exception
    -- A record that cannot be taken apart must not stop what keeps it.
    when others then return null;
end
$$;

comment on function person_of(bytea, bytea, bytea) is 'The id of the user whom a record is about: of its data, or what reads like them, else its key, else its attributes. Null for nobody.';

-- An erasure and the housekeeper ask for the letters that still have bytes.
create index dead_letters_person_idx on dead_letters (person_of(key, value, headers)) where value is not null or headers <> '[]'::bytea;
create index parked_events_person_idx on parked_events (person_of(key, value, headers));
create index parked_events_dead_letter_id_idx on parked_events (dead_letter_id) where dead_letter_id is not null;
create index users_erased_idx on users (user_id) where erased_at is not null;

alter table users add constraint users_erased_versions_check check (
    erased_at is null
    or num_nonnulls(email_key, user_type_version, email_version, display_name_version, registered_version, registered_at) = 0
);

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
        where topic = any(topics) and (value is not null or headers <> '[]'::bytea) and public.person_of(key, value, headers) = person
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
    -- Without bytes, two letters of one place are told apart by nothing any more: no value and an empty one have the same hash.
    delete from public.dead_letters as cleared using public.dead_letters as other
    where cleared.dead_letter_id = any(ids)
        and (other.consumer, other.topic, other.partition, other.record_offset)
            = (cleared.consumer, cleared.topic, cleared.partition, cleared.record_offset)
        and other.dead_letter_id <> cleared.dead_letter_id
        and case
            when other.dead_letter_id = any(ids) then other.dead_letter_id > cleared.dead_letter_id
            else coalesce(octet_length(other.value), 0) = 0
        end;
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

comment on function erase_dead_letters(text, text[], timestamptz) is 'Clears the bytes of dead letters that are about a person, and says which they were. Those that waited for somebody are given up.';

revoke all on function erase_dead_letters(text, text[], timestamptz) from public;
grant execute on function erase_dead_letters(text, text[], timestamptz) to onceward_app;
