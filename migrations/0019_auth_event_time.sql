-- What is copied in names no time: it was recorded when its transaction began.
alter table user_auth_events alter column recorded_at set default now();
