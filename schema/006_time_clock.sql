-- Hours by the people who worked them.

-- Minor units an hour; null: nobody said. Never among the names a terminal shows.
alter table staff add column hourly_wage integer check (hourly_wage >= 0);
-- What an hour of theirs weighs when tips are parted by shares; 100 is a full share.
alter table staff add column tip_share integer not null default 100 check (tip_share between 0 and 1000);

-- Somebody's time at work. It belongs to the business date on which it begins.
create table time_entries (
  id            integer primary key,
  staff_id      integer not null references staff (id),
  -- cancelled: made by mistake, and kept
  state         text not null check (state = 'open' or state = 'done' or state = 'cancelled'),
  started_at_ms integer not null,
  ended_at_ms   integer,
  business_date text not null,
  -- minor units an hour, as it was when they came
  hourly_wage   integer check (hourly_wage >= 0),
  version       integer not null default 1,
  check (ended_at_ms >= started_at_ms),
  check (state = 'cancelled' or (state = 'open') = (ended_at_ms is null))
) strict;
create unique index time_entries_open on time_entries (staff_id) where state = 'open';
create index time_entries_by_date on time_entries (business_date, id);
create index time_entries_by_staff on time_entries (staff_id, started_at_ms);

create table time_breaks (
  id            integer primary key,
  entry_id      integer not null references time_entries (id),
  started_at_ms integer not null,
  ended_at_ms   integer,
  paid          integer not null check (paid in (0, 1)),
  check (ended_at_ms >= started_at_ms)
) strict;
create index time_breaks_by_entry on time_breaks (entry_id, id);
