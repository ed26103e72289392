-- Whom an event of a discussion is about: those have no userId, but an author, a reader or a voter.

create or replace function person_of(key bytea, value bytea, headers bytea) returns text
language plpgsql
immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    id constant text := '^[A-Za-z0-9_.:-]{1,128}$';
    of_discussion constant text := '^(thread|comment|vote)\.';
    fields jsonb;
    body jsonb;
    said jsonb;
    kind text;
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
        said := body;
        begin
            select encode(decode(field ->> 1, 'base64'), 'escape') into kind
            from jsonb_array_elements(fields) as field
            where lower(field ->> 0) = 'ce_type'
            limit 1;
        exception
            when others then null;
        end;
    else
        said := body -> 'data';
        kind := body ->> 'type';
    end if;
    found := coalesce(said ->> 'userId', body ->> 'userId');
    if found is null and kind ~ of_discussion then
        found := coalesce(said ->> 'authorId', said ->> 'viewerId', said ->> 'voterId');
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
        kind := coalesce(kind, substring(words from '"type"\s*:\s*"([a-z.]+)"'));
        if found is null and kind ~ of_discussion then
            found := substring(words from '"(?:author|viewer|voter)Id"\s*:\s*"([A-Za-z0-9_.:-]{1,128})"');
        end if;
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

-- They hold what the function said before.
reindex index dead_letters_person_idx;
reindex index parked_events_person_idx;
