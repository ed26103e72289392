-- The application's role. It may only do what later migrations grant; the owner (whoever runs them) owns every table.
-- Roles belong to the whole server, so another database of it, or its administrator, may have made this one already. Where it is
-- there, the owner need not be allowed to make roles; two who make it at once both go on.
do $$
begin
    if not exists (select from pg_roles where rolname = 'onceward_app') then
        create role onceward_app nologin;
    end if;
exception
    when duplicate_object or unique_violation then null;
end
$$;

grant usage on schema public to onceward_app;
