-- Threads of courses, what people say in them, and how they vote. A thread is locked before its comments and votes are, so that its
-- changes come one after the other.
create table threads (
    thread_id uuid not null,
    course_id text collate "C" not null,
    title text,
    content text,
    author_id text collate "C" not null,
    views bigint not null default 0,
    comments bigint not null default 0,
    up_votes bigint not null default 0,
    down_votes bigint not null default 0,
    last_place bigint not null default 0,
    version bigint not null default 1,
    created_at timestamptz not null,
    edited_at timestamptz,
    deleted_at timestamptz,
    constraint threads_pkey primary key (thread_id),
    constraint threads_title_check check ((title is null) = (deleted_at is not null)),
    constraint threads_content_check check ((content is null) = (deleted_at is not null)),
    constraint threads_counts_check check (least(views, comments, up_votes, down_votes, last_place, version - 1) >= 0)
) with (fillfactor = 70);

comment on table threads is 'What people discuss in courses. One that is deleted stays, without what it said.';
comment on column threads.comments is 'How many comments there are that are not deleted.';
comment on column threads.up_votes is 'How many of its votes are up, as votes has them.';
comment on column threads.last_place is 'The place of its latest comment.';
comment on column threads.version is 'How many events there were of it: each is the next one''s sequence.';
comment on column threads.edited_at is 'When title or content changed last. Null where they never did.';

create index threads_course_id_idx on threads (course_id, created_at desc, thread_id desc) where deleted_at is null;

create table comments (
    comment_id uuid not null,
    thread_id uuid not null,
    place bigint not null,
    parent_id uuid,
    author_id text collate "C" not null,
    content text,
    up_votes bigint not null default 0,
    down_votes bigint not null default 0,
    created_at timestamptz not null,
    edited_at timestamptz,
    deleted_at timestamptz,
    constraint comments_pkey primary key (comment_id),
    constraint comments_place_key unique (thread_id, place),
    constraint comments_thread_id_key unique (thread_id, comment_id),
    constraint comments_threads_fkey foreign key (thread_id) references threads,
    constraint comments_parents_fkey foreign key (thread_id, parent_id) references comments (thread_id, comment_id),
    constraint comments_content_check check ((content is null) = (deleted_at is not null)),
    constraint comments_counts_check check (least(up_votes, down_votes, place - 1) >= 0)
) with (fillfactor = 90);

comment on table comments is 'What people say in threads. One that is deleted stays in its place, without what it said, and so do answers to it.';
comment on column comments.place is 'In which order they came, from 1 and without gaps in each thread.';
comment on column comments.parent_id is 'The comment of the same thread that it answers. Null where it answers the thread.';
comment on constraint comments_thread_id_key on comments is 'For those who refer to a comment of a certain thread.';

create table votes (
    thread_id uuid not null,
    voter_id text collate "C" not null,
    comment_id uuid,
    vote text collate "C" not null,
    voted_at timestamptz not null,
    constraint votes_key unique nulls not distinct (thread_id, voter_id, comment_id),
    constraint votes_threads_fkey foreign key (thread_id) references threads,
    constraint votes_comments_fkey foreign key (thread_id, comment_id) references comments (thread_id, comment_id),
    constraint votes_vote_check check (vote in ('up', 'down'))
) with (fillfactor = 90);

comment on table votes is 'One vote a person on a thread, and one on each of its comments. Whoever takes theirs back has none here.';
comment on column votes.comment_id is 'Null for a vote on the thread itself.';

comment on column api_keys.scopes is 'What it may: events:<type> or events:*, links, discussions, read, admin.';

grant select, insert on threads, comments, votes to onceward_app;
grant
    update (title, content, views, comments, up_votes, down_votes, last_place, version, edited_at, deleted_at) on threads
    to onceward_app;
grant update (content, up_votes, down_votes, edited_at, deleted_at) on comments to onceward_app;
grant update (vote, voted_at), delete on votes to onceward_app;
