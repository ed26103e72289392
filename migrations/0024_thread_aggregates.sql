-- What the events of discussions come to: by thread, by thread and period, and by course and day.
create table thread_aggregates (
    thread_id text collate "C" not null,
    course_id text collate "C" not null,
    title text not null,
    title_sequence text collate "C" not null,
    created_title text,
    author_id text collate "C" not null,
    views bigint not null default 0,
    comments bigint not null default 0,
    up_votes bigint not null default 0,
    down_votes bigint not null default 0,
    score bigint not null generated always as (views + 5 * comments + 3 * (up_votes - down_votes)) stored,
    created_at timestamptz not null,
    last_activity_at timestamptz not null,
    deleted_at timestamptz,
    event_source text collate "C" not null,
    event_id text collate "C" not null,
    recorded_at timestamptz not null,
    constraint thread_aggregates_pkey primary key (thread_id)
) with (fillfactor = 70);

comment on table thread_aggregates is 'What happened to each thread since ever. Written by discussion-consumer, of events alone.';
comment on column thread_aggregates.title_sequence is 'What set the title: the greater text, byte by byte, is newer.';
comment on column thread_aggregates.created_title is 'The title that it was created with, where it has another one since.';
comment on column thread_aggregates.comments is 'Those added less those deleted. As all sums here it may be below zero on the way: what comes too early is not refused.';
comment on column thread_aggregates.up_votes is 'Of the thread itself; votes on its comments count nowhere here.';
comment on column thread_aggregates.score is 'How much there is going on: views + 5 comments + 3 (up - down).';
comment on column thread_aggregates.created_at is 'When it was created, as the event says.';
comment on column thread_aggregates.last_activity_at is 'The latest of all that happened to it but views.';
comment on column thread_aggregates.deleted_at is 'When it was deleted: it stands in no list of the best any more, and its sums stay.';
comment on column thread_aggregates.event_source is 'The event that created it, which the first to arrive is.';

create index thread_aggregates_top_idx on thread_aggregates (course_id, score desc, thread_id) where deleted_at is null;

-- Without a foreign key: to look each row's thread up takes twice as long as writing the row. Nobody but the owner may remove a thread, and
-- whoever writes facts brings them into the sums of their threads in the same transaction, which fails where one is not there.
create table thread_activity (
    activity_id bigint generated always as identity,
    thread_id text collate "C" not null,
    event_source text collate "C" not null,
    event_id text collate "C" not null,
    event_type text collate "C" not null,
    views smallint not null,
    comments smallint not null,
    up_votes smallint not null,
    down_votes smallint not null,
    happened_at timestamptz not null,
    constraint thread_activity_pkey primary key (activity_id)
);

comment on table thread_activity is 'The facts behind the sums: a row for each event that took effect, with what it adds. Rows are added, and none is changed.';
comment on column thread_activity.event_type is 'With source and id the event. The inbox tells whether it came before, so that there is no other key here.';
comment on column thread_activity.happened_at is 'When that was, as the event says; one that is dated far ahead of its record counts as of the record.';

create table thread_periods (
    course_id text collate "C" not null,
    period text collate "C" not null,
    starts_on date not null,
    thread_id text collate "C" not null,
    views bigint not null,
    comments bigint not null,
    up_votes bigint not null,
    down_votes bigint not null,
    score bigint not null generated always as (views + 5 * comments + 3 * (up_votes - down_votes)) stored,
    constraint thread_periods_pkey primary key (thread_id, period, starts_on),
    constraint thread_periods_period_check check (period in ('day', 'week', 'month'))
) with (fillfactor = 70);

comment on table thread_periods is 'By how much the sums of threads changed in a day, a week and a month of the calendar, in UTC.';
comment on column thread_periods.starts_on is 'The first day of the period. Weeks begin on Mondays.';
comment on column thread_periods.comments is 'Below zero where more were deleted than added. The same goes for votes that were changed.';

create index thread_periods_top_idx on thread_periods (course_id, period, starts_on, score desc, thread_id);

create table course_days (
    course_id text collate "C" not null,
    day date not null,
    threads bigint not null,
    views bigint not null,
    comments bigint not null,
    up_votes bigint not null,
    down_votes bigint not null,
    constraint course_days_pkey primary key (course_id, day)
) with (fillfactor = 70);

comment on table course_days is 'By how much the sums of courses changed in a day, in UTC.';
comment on column course_days.threads is 'Those created less those deleted that day. What happened in a thread that was deleted later stays in the other sums.';

grant
    select,
    insert,
    update (
        title, title_sequence, created_title, views, comments, up_votes, down_votes, last_activity_at, deleted_at
    ) on thread_aggregates to onceward_app;
grant select, insert on thread_activity to onceward_app;
grant select, insert, update (views, comments, up_votes, down_votes) on thread_periods to onceward_app;
grant select, insert, update (threads, views, comments, up_votes, down_votes) on course_days to onceward_app;
