-- The application's role. It may only do what later migrations grant; the owner (whoever runs them) owns every table.
-- Roles belong to the whole server, so another database of it may have made this one already.
do $$
begin
    create role onceward_app nologin;
exception
    when duplicate_object or unique_violation then null;
end
$$;

grant usage on schema public to onceward_app;
