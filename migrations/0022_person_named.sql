-- Whom an event names, and not whom its key may be: keys of orders and stock are ids of other things, and may be those of somebody too.

create function person_named(value bytea, headers bytea) returns text
language sql
immutable parallel safe
set search_path = pg_catalog, pg_temp
-- Where the event names nobody, the one or the other key would be the answer.
return case
    when public.person_of('.', value, headers) = public.person_of(':', value, headers) then public.person_of('.', value, headers)
end;

comment on function person_named(bytea, bytea) is 'The id of the user whom the data of a record name, or what reads like them. Null for nobody.';
comment on function person_of(bytea, bytea, bytea) is 'The id of the user whom a record may be about: of its data, or what reads like them, else its key, else its attributes. Null for nobody. On topics whose keys are other things, person_named decides.';

create function erase_dead_letters(person text, topics text[], keyed text[], erased timestamptz) returns setof bigint
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
            and (topic = any(keyed) or public.person_named(value, headers) = person)
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

comment on function erase_dead_letters(text, text[], text[], timestamptz) is 'Clears the bytes of dead letters of these topics that are about a person, and says which they were; keys are people on those that are keyed. Those that waited for somebody are given up.';

revoke all on function erase_dead_letters(text, text[], text[], timestamptz) from public;
grant execute on function erase_dead_letters(text, text[], text[], timestamptz) to onceward_app;

-- Who was deployed before this still asks for it.
create or replace function erase_dead_letters(person text, topics text[], erased timestamptz) returns setof bigint
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    select public.erase_dead_letters(person, topics, topics, erased)
$$;
