-- Cash by the hands it is in, from the float to the count; hours by the people who worked them.

-- A drawer from its float to its count: of a till, or of the purse a waiter carries.
create table drawers (
  id            integer primary key,
  owner         text not null check (owner in ('device', 'staff')),
  device_id     integer references devices (id),
  staff_id      integer references staff (id),
  -- handed over: its end is the beginning of another
  state         text not null check (state = 'open' or state = 'closed' or state = 'handed_over'),
  -- what lies in it before anything is sold
  float         integer not null check (float >= 0),
  business_date text not null,
  opened_at_ms  integer not null,
  opened_by     integer references staff (id),
  -- the one whose count is this one's float
  from_id       integer references drawers (id),
  -- The last count, and what it was above (below zero: under) what the drawer should have held then. What
  -- is booked late, after the end, moves the second.
  counted       integer check (counted >= 0),
  over_short    integer,
  counted_at_ms integer,
  counted_by    integer references staff (id),
  closed_at_ms  integer,
  closed_date   text,
  closed_by     integer references staff (id),
  -- the Z that covers its end
  closed_z      integer,
  check ((owner = 'device') = (device_id is not null)),
  check ((owner = 'staff') = (staff_id is not null)),
  check ((state = 'open') = (closed_at_ms is null)),
  check ((counted is null) = (over_short is null)),
  check (state = 'open' or counted is not null)
) strict;
-- an owner has one open at a time
create unique index drawers_open_device on drawers (device_id) where state = 'open';
create unique index drawers_open_staff on drawers (staff_id) where state = 'open';
create unique index drawers_by_from on drawers (from_id) where from_id is not null;
create index drawers_by_state on drawers (state, id);
create index drawers_by_z on drawers (closed_z);

-- What happened to a drawer. Never changed: a slip is taken back by an event that names it.
create table drawer_events (
  id            integer primary key,
  drawer_id     integer not null references drawers (id),
  kind          text not null check (kind = 'cash_sale' or kind = 'cash_refund' or kind = 'tip_paid_out' or kind = 'paid_in' or kind = 'paid_out' or kind = 'drop' or kind = 'no_sale' or kind = 'counted' or kind = 'handover'),
  -- what it put into the drawer; below zero: took out
  amount        integer not null,
  -- what lay in it, as counted
  counted       integer check (counted >= 0),
  -- what of the books moved the cash
  payment_id    integer references payments (id),
  tip_id        integer references payment_tips (id),
  refund_id     integer references refunds (id),
  reverses      integer references drawer_events (id),
  -- whose tips were paid out, or who took the drawer over
  for_staff_id  integer references staff (id),
  reason        text,
  -- booked after the drawer's end
  late          integer not null default 0 check (late in (0, 1)),
  staff_id      integer references staff (id),
  approved_by   integer references staff (id),
  device_id     integer references devices (id),
  z_number      integer not null,
  business_date text not null,
  at_ms         integer not null,
  check ((payment_id is not null) + (tip_id is not null) + (refund_id is not null) = (kind = 'cash_sale' or kind = 'cash_refund')),
  check ((counted is not null) = (kind in ('counted', 'handover')))
) strict;
create index drawer_events_by_drawer on drawer_events (drawer_id, id);
create unique index drawer_events_by_payment on drawer_events (payment_id) where payment_id is not null;
create unique index drawer_events_by_tip on drawer_events (tip_id) where tip_id is not null;
create unique index drawer_events_by_refund on drawer_events (refund_id) where refund_id is not null;
create unique index drawer_events_by_reverses on drawer_events (reverses) where reverses is not null;

-- coins and notes of a count
create table drawer_counts (
  event_id integer not null references drawer_events (id),
  value    integer not null check (value > 0),
  n        integer not null check (n >= 0),
  primary key (event_id, value)
) strict, without rowid;

-- Sums of events by the Z that covers them, kept with each; `comanda check` recomputes them.
create table drawer_sums (
  drawer_id integer not null references drawers (id),
  z_number  integer not null,
  kind      text not null,
  n         integer not null,
  amount    integer not null,
  primary key (drawer_id, z_number, kind)
) strict, without rowid;
create index drawer_sums_by_z on drawer_sums (z_number, drawer_id);

alter table payment_tips add column drawer_id integer references drawers (id);

-- What counted drawers were over by (below zero: short) on the day they ended, or were set right later.
create table cash_counts (
  business_date text primary key,
  drawers       integer not null,
  over_short    integer not null
) strict, without rowid;

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
