-- The least UUIDv7 of a moment.
create function uuidv7_floor(moment timestamptz) returns uuid
language sql immutable strict parallel safe
as $$
    select (lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

comment on function uuidv7_floor is 'The least UUIDv7 of a moment: bound of the partitions of clicks.';

-- Makes the partitions of some months and moves their rows out of the default partition, each month whole or not at all.
-- Runs as the owner, so that the application may call it. Waits at most two seconds for the default partition, which
-- a writer of clicks may hold: the caller tries again.
create function make_click_partitions(first_month date, months integer) returns setof text
language plpgsql security definer
set search_path = public, pg_temp
set lock_timeout = '2s'
as $$
declare
    month timestamptz;
    name text;
    lower_bound uuid;
    upper_bound uuid;
begin
    perform pg_advisory_xact_lock(hashtextextended('make_click_partitions', 0));
    for i in 0 .. months - 1 loop
        month := (date_trunc('month', first_month::timestamp) + make_interval(months => i)) at time zone 'UTC';
        name := 'clicks_' || to_char(month at time zone 'UTC', 'YYYY_MM');
        continue when to_regclass(format('public.%I', name)) is not null;
        lower_bound := uuidv7_floor(month);
        upper_bound := uuidv7_floor((month at time zone 'UTC' + interval '1 month') at time zone 'UTC');
        lock table clicks_default in access exclusive mode;
        execute format('create table public.%I (like public.clicks including all)', name);
        execute format(
            'with moved as (delete from public.clicks_default where event_id >= %L and event_id < %L returning *)
             insert into public.%I select * from moved',
            lower_bound, upper_bound, name
        );
        execute format(
            'alter table public.clicks attach partition public.%I for values from (%L) to (%L)',
            name, lower_bound, upper_bound
        );
        return next name;
    end loop;
end
$$;

comment on function make_click_partitions is 'Makes missing month partitions of clicks; returns the names of those it made.';

revoke all on function make_click_partitions from public;
grant execute on function make_click_partitions to onceward_app;
