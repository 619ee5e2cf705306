-- One bill paid by several, and one table's dishes on another's. What was whole stays whole: the parts of an
-- amount are the amount, to the cent.

-- Parts of a dish by fraction: this line is num/den of it, and shows the quantity of all of it.
alter table lines add column share_num integer check (share_num >= 1);
alter table lines add column share_den integer check (share_den > share_num);
-- list_amount = (price + modifiers) × quantity × measure, rounded once, and this: what a share leaves to the
-- others, or the cent of a weighed dish that another part of it bears. Minor units.
alter table lines add column list_carry integer not null default 0;
-- 0: the dish it is a share of is counted, and is the kitchen's, with another share
alter table lines add column counted integer not null default 1 check (counted in (0, 1));

-- Until something else happens to it, a check bears what it was given when lines went or came, and the sums of
-- the checks are what they were; then it is priced as a check of its own.
alter table checks add column carried integer not null default 0 check (carried in (0, 1));
-- the check it was split off
alter table checks add column split_from integer references checks (id);
-- The check that it was put together with, and that has its lines; it is no check of its order any more. A line
-- that was taken into another part of what it was is a line of order 0.
alter table checks add column joined_into integer references checks (id);

-- the discount that this one is a part of: copies follow the lines
alter table check_discounts add column root integer references check_discounts (id);
-- what of a fixed charge, or of one per guest, this check bears; null: all of it. Minor units.
alter table check_charges add column part integer check (part >= 0);

-- Lines that came to a check with a price: its own discounts of before do not reach them.
create table check_discount_exceptions (
  check_discount_id integer not null references check_discounts (id),
  line_id           integer not null references lines (id),
  primary key (check_discount_id, line_id)
) strict, without rowid;

-- Of a check that is carried: what each discount takes off each line. Minor units.
create table carried_discounts (
  check_discount_id integer not null references check_discounts (id),
  line_id           integer not null references lines (id),
  amount            integer not null check (amount > 0),
  primary key (check_discount_id, line_id)
) strict, without rowid;

-- Of a check that is carried: the taxes charged on top of prices, by line and charge. Taxes inside a price are
-- found anew on each check, for whoever reads its receipt finds them so. Minor units.
create table carried_taxes (
  id              integer primary key,
  check_id        integer not null references checks (id),
  line_id         integer references lines (id),
  check_charge_id integer references check_charges (id),
  -- the rate's place in its class; of a charge 0
  position        integer not null,
  name            text not null,
  rate            integer not null check (rate >= 0),
  base            integer not null,
  tax             integer not null,
  check ((line_id is null) <> (check_charge_id is null))
) strict;
create index carried_taxes_by_check on carried_taxes (check_id);

-- the order that this one's dishes went to, where tables were put together
alter table orders add column merged_into integer references orders (id);

-- What the kitchen has, gone with its dishes to another order: a row that takes on the one, a row that gives on
-- the other, both with the ticket that was printed. No ticket shows them.
alter table ticket_lines add column moved integer not null default 0 check (moved in (0, 1));

-- The last splitting, moving or merging of an order, and how it and the other order were before: to be taken
-- back while nothing else happened to either.
create table order_steps (
  order_id      integer primary key references orders (id),
  kind          text not null,
  -- the record of it
  seq           integer not null,
  -- their versions after it
  version       integer not null,
  other_id      integer references orders (id),
  other_version integer,
  was           text not null,
  check ((other_id is null) = (other_version is null))
) strict;
