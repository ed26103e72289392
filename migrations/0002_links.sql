-- Short links. `C` collation: codes are compared byte by byte, upper and lower case differ.
create table links (
    link_id uuid not null,
    code text collate "C" not null,
    target text not null,
    created_at timestamptz not null,
    constraint links_pkey primary key (link_id),
    constraint links_code_key unique (code),
    constraint links_code_check check (code ~ '^[A-Za-z0-9_-]{1,64}$'),
    constraint links_target_check check (length(target) between 1 and 2048 and target !~ '[[:cntrl:]]')
);

comment on table links is 'Short links: where each code leads. Written by links-api, read by redirect.';
comment on column links.link_id is 'UUIDv7; what clicks refer to.';
comment on column links.code is 'What follows the slash of the short URL.';

grant select, insert on links to onceward_app;
