-- A manager's yes: to one operation, on one thing, for whoever asked at that terminal. The journal
-- remembers what was granted; a row goes some time after it can be used no more.
create table approvals (
  id            integer primary key,
  -- SHA-256 of what the terminal was given
  token_hash    blob not null check (length(token_hash) = 32),
  -- a permission's word
  operation     text not null,
  -- the path of what it may be done to: /orders/12/lines/34
  subject       text not null,
  approved_by   integer not null references staff (id),
  device_id     integer not null references devices (id),
  -- who asked
  staff_id      integer not null references staff (id),
  granted_at_ms integer not null,
  used_at_ms    integer
) strict;
create unique index approvals_by_token on approvals (token_hash);

-- Up to where an operation needs no manager's yes. What is not named here is as a house begins.
create table approval_limits (
  name text primary key,
  -- minor units, or ten-thousandths of a percent; null: without limit
  most integer check (most >= 0)
) strict, without rowid;

-- Another price on a line than the menu's; told by orders. The line bears the last one.
create table price_overrides (
  id            integer primary key,
  business_date text not null,
  at_ms         integer not null,
  order_id      integer not null references orders (id),
  line_id       integer not null references lines (id),
  -- the dish
  name          text not null,
  quantity      integer not null,
  -- of one, without modifiers
  from_price    integer not null check (from_price >= 0),
  to_price      integer not null check (to_price >= 0),
  -- how much less the line costs by it before discounts; below zero: more
  amount        integer not null,
  reason_id     integer references reasons (id),
  reason        text,
  staff_id      integer references staff (id),
  approved_by   integer references staff (id),
  device_id     integer references devices (id)
) strict;
create index price_overrides_by_line on price_overrides (line_id);
create index price_overrides_by_date on price_overrides (business_date, id);
