-- What became of a dead letter: a person repairs the cause and sends it on, or gives it up with a reason. And its copy in the
-- topic's .dlq, which the relay makes.
alter table dead_letters
    add column state text collate "C" not null default 'open',
    add column resolved_at timestamptz,
    add column reason text,
    add column forwarded_at timestamptz,
    add column forward_error text,
    add constraint dead_letters_state_check check (state in ('open', 'redriven', 'applied', 'discarded')),
    add constraint dead_letters_resolved_at_check check ((state = 'open') = (resolved_at is null));

comment on column dead_letters.state is 'open: somebody has to look; redriven: parked again, and tried next; applied: that took effect; discarded: given up by a person.';
comment on column dead_letters.resolved_at is 'When it left the state open for the state it is in.';
comment on column dead_letters.reason is 'Why a person gave it up.';
comment on column dead_letters.forwarded_at is 'When the relay copied it to the topic''s .dlq.';
comment on column dead_letters.forward_error is 'Why that topic refused it; it is not tried again.';

create index dead_letters_open_idx on dead_letters (dead_letter_id) where state = 'open';
create index dead_letters_to_forward_idx on dead_letters (dead_letter_id) where forwarded_at is null and forward_error is null;
create index dead_letters_event_idx on dead_letters (consumer, event_source, event_id) where event_id is not null;

-- The bytes of a record are never edited: what is repaired is the cause.
grant update (event_source, event_id, error_class, error, attempts, failed_at, state, resolved_at, reason, forwarded_at, forward_error), delete
    on dead_letters to onceward_app;
