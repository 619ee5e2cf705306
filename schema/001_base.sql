-- The whole house, from the start. Amounts are minor units of the one currency,
-- quantities and measures thousandths, rates ten-thousandths of a percent,
-- *_ms UTC milliseconds since 1970, business dates YYYY-MM-DD.
-- What is archived keeps its row: history keeps its names.
--
-- A word of three or more is checked by `or`, not `in`: for a list SQLite would make and drop a
-- table at every insert, which was a sixth of the cost of a new order.

-- ── the site and its settings ────────────────────────────────────────────────

create table site (
  id            integer primary key check (id = 1),
  site_uuid     text not null check (length(site_uuid) = 36),
  -- a restore begins a new epoch, since sequence numbers repeat after it
  epoch         integer not null default 1 check (epoch >= 1),
  created_at_ms integer not null,
  -- how its days are counted
  timezone          text not null,
  cutoff_min        integer not null check (cutoff_min between 0 and 1439),
  -- a new cutoff starts at the next boundary; until then the one before holds
  cutoff_before_min integer not null check (cutoff_before_min between 0 and 1439),
  cutoff_from_ms    integer not null default 0
) strict;

create table settings (
  id                 integer primary key check (id = 1),
  name               text not null,
  legal_name         text not null default '',
  address            text not null default '',
  country            text not null default '',
  vat_id             text not null default '',
  tax_number         text not null default '',
  currency           text not null check (length(currency) = 3),
  tax_rounding       text not null default 'per_line' check (tax_rounding in ('per_line', 'per_check')),
  rounding_mode      text not null default 'half_up' check (rounding_mode in ('half_up', 'half_even')),
  cash_rounding      integer not null default 0 check (cash_rounding >= 0),
  cash_rounding_when text not null default 'final_cash' check (cash_rounding_when in ('all_cash', 'final_cash')),
  receipt_header     text not null default '',
  receipt_footer     text not null default ''
) strict;

create table service_charges (
  id           integer primary key,
  name         text not null,
  -- exactly one of these three says how much
  percent      integer check (percent >= 0),
  amount       integer check (amount >= 0),
  per_guest    integer check (per_guest >= 0),
  of           text not null check (of in ('before_discounts', 'after_discounts')),
  min_guests   integer check (min_guests >= 1),
  optional     integer not null check (optional in (0, 1)),
  tax          text not null check (tax = 'none' or tax = 'as_lines' or tax = 'class'),
  tax_class_id integer references tax_classes (id),
  goes_to      text not null check (goes_to in ('house', 'staff')),
  archived     integer not null default 0 check (archived in (0, 1)),
  check ((percent is not null) + (amount is not null) + (per_guest is not null) = 1),
  check ((tax = 'class') = (tax_class_id is not null))
) strict;

create table tenders (
  id           integer primary key,
  name         text not null,
  kind         text not null check (kind = 'cash' or kind = 'card' or kind = 'meal_voucher' or kind = 'gift_voucher' or kind = 'house_account' or kind = 'online' or kind = 'write_off' or kind = 'other'),
  gives_change integer not null check (gives_change in (0, 1)),
  excess       text not null check (excess in ('forfeit', 'refuse')),
  archived     integer not null default 0 check (archived in (0, 1))
) strict;

create table reasons (
  id       integer primary key,
  name     text not null,
  used_for text not null check (used_for = 'void' or used_for = 'comp' or used_for = 'refund' or used_for = 'discount'),
  archived integer not null default 0 check (archived in (0, 1))
) strict;

-- ready-made discounts
create table discounts (
  id              integer primary key,
  name            text not null,
  percent         integer check (percent > 0 and percent <= 1000000),
  amount          integer check (amount > 0),
  lowers_tax_base integer not null default 1 check (lowers_tax_base in (0, 1)),
  archived        integer not null default 0 check (archived in (0, 1)),
  check ((percent is null) <> (amount is null))
) strict;

-- ── who ──────────────────────────────────────────────────────────────────────

create table staff (
  id         integer primary key,
  name       text not null,
  role       text not null check (role = 'owner' or role = 'manager' or role = 'cashier' or role = 'waiter' or role = 'kitchen' or role = 'auditor'),
  -- Argon2id, in the PHC string format
  pin_hash   text not null,
  archived   integer not null default 0 check (archived in (0, 1))
) strict;

create table devices (
  id            integer primary key,
  name          text not null,
  kind          text not null check (kind in ('terminal', 'integration')),
  -- an integration has a role of its own and no staff
  role          text check (role = 'owner' or role = 'manager' or role = 'cashier' or role = 'waiter' or role = 'kitchen' or role = 'auditor'),
  token_hash    blob not null check (length(token_hash) = 32),
  paired_at_ms  integer not null,
  revoked_at_ms integer,
  check ((kind = 'integration') = (role is not null))
) strict;
create unique index devices_by_token on devices (token_hash);

create table pairing_codes (
  id            integer primary key,
  code_hash     blob not null check (length(code_hash) = 32),
  made_at_ms    integer not null,
  expires_at_ms integer not null,
  used_at_ms    integer,
  -- wrong codes tried while this one was open
  tries         integer not null default 0
) strict;

create table sessions (
  id            integer primary key,
  token_hash    blob not null check (length(token_hash) = 32),
  staff_id      integer not null references staff (id),
  device_id     integer not null references devices (id),
  started_at_ms integer not null,
  expires_at_ms integer not null,
  ended_at_ms   integer
) strict;
create unique index sessions_by_token on sessions (token_hash);

-- somebody looking at the stats page: on no device, and good for nothing else
create table stats_sessions (
  id            integer primary key,
  token_hash    blob not null check (length(token_hash) = 32),
  staff_id      integer not null references staff (id),
  started_at_ms integer not null,
  expires_at_ms integer not null
) strict;
create unique index stats_sessions_by_token on stats_sessions (token_hash);

-- wrong PINs in a row, by device and person
create table pin_failures (
  device_id  integer not null references devices (id),
  staff_id   integer not null references staff (id),
  failures   integer not null,
  last_at_ms integer not null,
  primary key (device_id, staff_id)
) strict, without rowid;

-- one effect and one answer for a request that is sent again
create table idempotency_keys (
  id           integer primary key,
  device_id    integer not null references devices (id),
  key          text not null check (length(key) between 1 and 64),
  request_hash blob not null check (length(request_hash) = 32),
  status       integer not null,
  etag         text,
  content_type text not null,
  body         blob not null,
  at_ms        integer not null
) strict;
create unique index idempotency_keys_by_key on idempotency_keys (device_id, key);

-- ── menu ─────────────────────────────────────────────────────────────────────

-- counts every edit of what GET /menu shows but availability
create table menu_state (
  id      integer primary key check (id = 1),
  version integer not null check (version >= 1)
) strict;

create table tax_classes (
  id       integer primary key,
  name     text not null,
  archived integer not null default 0 check (archived in (0, 1))
) strict;

-- A class's rates as they stood: never changed, so that a line's reference to a
-- version is its snapshot.
create table tax_versions (
  id           integer primary key,
  tax_class_id integer not null references tax_classes (id),
  current      integer not null check (current in (0, 1))
) strict;
create index tax_versions_by_class on tax_versions (tax_class_id);

create table tax_rates (
  id         integer primary key,
  version_id integer not null references tax_versions (id),
  service    text not null check (service in ('dine_in', 'takeaway')),
  position   integer not null,
  name       text not null,
  rate       integer not null check (rate >= 0),
  included   integer not null check (included in (0, 1)),
  compound   integer not null check (compound in (0, 1))
) strict;
create index tax_rates_by_version on tax_rates (version_id, service, position);

create table stations (
  id         integer primary key,
  name       text not null,
  is_default integer not null default 0 check (is_default in (0, 1)),
  archived   integer not null default 0 check (archived in (0, 1))
) strict;

create table categories (
  id       integer primary key,
  name     text not null,
  position integer not null,
  archived integer not null default 0 check (archived in (0, 1))
) strict;

create table items (
  id           integer primary key,
  category_id  integer not null references categories (id),
  name         text not null,
  description  text not null default '',
  -- words separated by commas, as EU Regulation 1169/2011 Annex II groups them
  allergens    text not null default '',
  tax_class_id integer not null references tax_classes (id),
  station_id   integer references stations (id),
  discountable integer not null default 1 check (discountable in (0, 1)),
  counts_as    text not null default 'sale' check (counts_as = 'sale' or counts_as = 'gift_voucher' or counts_as = 'deposit'),
  position     integer not null default 0,
  archived     integer not null default 0 check (archived in (0, 1))
) strict;
create index items_by_category on items (category_id);

create table variants (
  id       integer primary key,
  item_id  integer not null references items (id),
  sku      text,
  name     text not null,
  -- null: the price is asked when it is sold
  price    integer check (price >= 0),
  sold_by  text not null default 'each' check (sold_by in ('each', 'kg')),
  position integer not null default 0,
  archived integer not null default 0 check (archived in (0, 1))
) strict;
create index variants_by_item on variants (item_id);
create unique index variants_by_sku on variants (sku) where sku is not null and archived = 0;

create table modifier_groups (
  id       integer primary key,
  name     text not null,
  min      integer not null check (min >= 0),
  max      integer not null check (max >= min),
  archived integer not null default 0 check (archived in (0, 1))
) strict;

create table options (
  id        integer primary key,
  group_id  integer not null references modifier_groups (id),
  name      text not null,
  price     integer not null,
  allergens text not null default '',
  position  integer not null default 0,
  archived  integer not null default 0 check (archived in (0, 1))
) strict;
create index options_by_group on options (group_id);

create table item_groups (
  item_id  integer not null references items (id),
  group_id integer not null references modifier_groups (id),
  position integer not null,
  primary key (item_id, group_id)
) strict, without rowid;
create index item_groups_by_group on item_groups (group_id);

-- What is 86 or counted down; no row: available without end.
create table availability (
  kind       text not null check (kind = 'item' or kind = 'variant' or kind = 'option'),
  subject_id integer not null,
  available  integer not null check (available in (0, 1)),
  remaining  integer check (remaining >= 0),
  until_ms   integer,
  primary key (kind, subject_id)
) strict, without rowid;

-- ── floor ────────────────────────────────────────────────────────────────────

create table areas (
  id       integer primary key,
  name     text not null,
  position integer not null default 0,
  archived integer not null default 0 check (archived in (0, 1))
) strict;

create table tables (
  id       integer primary key,
  area_id  integer not null references areas (id),
  name     text not null,
  seats    integer not null check (seats between 0 and 999),
  archived integer not null default 0 check (archived in (0, 1))
) strict;
create index tables_by_area on tables (area_id);

-- What is open at which table, told by orders.
create table table_orders (
  order_id       integer primary key references orders (id),
  table_id       integer not null references tables (id),
  display_number integer not null,
  guests         integer not null,
  opened_at_ms   integer not null,
  staff_id       integer references staff (id)
) strict;
create index table_orders_by_table on table_orders (table_id);

-- ── orders ───────────────────────────────────────────────────────────────────

create table orders (
  id               integer primary key,
  display_number   integer not null,
  kind             text not null check (kind = 'dine_in' or kind = 'takeaway' or kind = 'delivery'),
  service          text not null check (service in ('dine_in', 'takeaway')),
  state            text not null check (state = 'open' or state = 'paid' or state = 'voided'),
  table_id         integer references tables (id),
  tab_name         text,
  guests           integer not null check (guests between 0 and 9999),
  customer_name    text,
  customer_phone   text,
  customer_address text,
  customer_vat_id  text,
  due_at_ms        integer,
  note             text,
  business_date    text not null check (business_date glob '????-??-??'),
  opened_at_ms     integer not null,
  closed_at_ms     integer,
  staff_id         integer references staff (id),
  device_id        integer references devices (id),
  -- what people did to it; what the kitchen did is counted in kitchen_orders
  version          integer not null default 1,
  -- imported history: whose, and its number there
  source           text,
  source_ref       text,
  check ((state = 'open') = (closed_at_ms is null))
) strict;
create index orders_by_date on orders (business_date, id);
create index orders_by_state on orders (state, business_date, id);
create unique index orders_by_source on orders (source, source_ref) where source is not null;

-- Counts of orders by opening month and day, so that a numbered page is found
-- without counting orders.
create table order_months (
  month text not null check (month glob '????-??'),
  state text not null check (state = 'open' or state = 'paid' or state = 'voided'),
  n     integer not null check (n >= 0),
  primary key (month, state)
) strict, without rowid;

create table order_days (
  business_date text not null,
  state         text not null check (state = 'open' or state = 'paid' or state = 'voided'),
  n             integer not null check (n >= 0),
  primary key (business_date, state)
) strict, without rowid;

-- The number a guest is called by restarts each business day.
create table display_numbers (
  business_date text primary key,
  last          integer not null
) strict, without rowid;

create table checks (
  id                   integer primary key,
  order_id             integer not null references orders (id),
  state                text not null check (state = 'open' or state = 'paid' or state = 'voided'),
  opened_business_date text not null,
  closed_business_date text,
  closed_at_ms         integer,
  -- rounding as it stood when the check was opened
  tax_rounding         text not null check (tax_rounding in ('per_line', 'per_check')),
  rounding_mode        text not null check (rounding_mode in ('half_up', 'half_even')),
  cash_rounding        integer not null check (cash_rounding >= 0),
  cash_rounding_when   text not null check (cash_rounding_when in ('all_cash', 'final_cash')),
  tax_exempt           integer not null default 0 check (tax_exempt in (0, 1)),
  -- the order version that last changed it
  version              integer not null,
  bills                integer not null default 0,
  subtotal             integer not null default 0,
  discount_total       integer not null default 0,
  service_total        integer not null default 0,
  tax_total            integer not null default 0,
  total                integer not null default 0 check (total >= 0),
  rounding             integer not null default 0,
  paid                 integer not null default 0,
  tip_total            integer not null default 0
) strict;
create index checks_by_order on checks (order_id);

-- What a line copies from its check and its variant (the order, the item, the category) is not looked
-- up once more at each insert: the check and the variant are. `comanda check --integrity` follows the copies.
create table lines (
  id              integer primary key,
  order_id        integer not null,
  check_id        integer not null references checks (id),
  parent_line_id  integer references lines (id),
  split_from      integer references lines (id),
  -- the line the kitchen was told of, where this was split off it afterwards
  sent_as         integer references lines (id),
  -- a part of a line split by fraction
  share_of        integer check (share_of >= 2),
  share_index     integer,
  -- snapshots of the menu as it stood
  item_id         integer not null,
  variant_id      integer not null references variants (id),
  category_id     integer not null,
  station_id      integer references stations (id),
  tax_version_id  integer not null references tax_versions (id),
  name            text not null,
  variant         text not null,
  sold_by         text not null check (sold_by in ('each', 'kg')),
  counts_as       text not null check (counts_as = 'sale' or counts_as = 'gift_voucher' or counts_as = 'deposit'),
  discountable    integer not null check (discountable in (0, 1)),
  unit_price      integer not null check (unit_price >= 0),
  quantity        integer not null check (quantity > 0),
  measure         integer check (measure > 0),
  service         text check (service in ('dine_in', 'takeaway')),
  seat            integer check (seat between 1 and 9999),
  course          integer check (course between 1 and 99),
  note            text,
  hold            integer not null check (hold in (0, 1)),
  state           text not null check (state in ('open', 'voided')),
  -- the order version that last changed it
  version         integer not null,
  -- what it took from a countdown, given back when voided unsent
  reserved        integer not null default 0,
  added_by        integer references staff (id),
  added_at_ms     integer not null,
  comp_reason     text,
  comp_reason_id  integer references reasons (id),
  comp_by         integer references staff (id),
  comp_approved_by integer references staff (id),
  comp_at_ms      integer,
  list_amount     integer not null,
  comp            integer not null default 0,
  discount        integer not null default 0,
  net             integer not null,
  tax             integer not null,
  total           integer not null,
  check (total = net + tax)
) strict;
create index lines_by_order on lines (order_id);

create table line_modifiers (
  id        integer primary key,
  line_id   integer not null references lines (id),
  option_id integer not null references options (id),
  name      text not null,
  price     integer not null,
  quantity  integer not null check (quantity >= 1)
) strict;
create index line_modifiers_by_line on line_modifiers (line_id);

create table check_discounts (
  id              integer primary key,
  check_id        integer not null references checks (id),
  line_id         integer references lines (id),
  name            text not null,
  percent         integer check (percent > 0 and percent <= 1000000),
  amount          integer check (amount > 0),
  applies_to      text not null check (applies_to = 'check' or applies_to = 'line' or applies_to = 'categories' or applies_to = 'lines'),
  lowers_tax_base integer not null check (lowers_tax_base in (0, 1)),
  discount_id     integer references discounts (id),
  reason_id       integer references reasons (id),
  reason          text,
  staff_id        integer references staff (id),
  approved_by     integer references staff (id),
  at_ms           integer not null,
  removed         integer not null default 0 check (removed in (0, 1)),
  -- what it takes off as the check stands
  value           integer not null default 0,
  check ((percent is null) <> (amount is null))
) strict;
create index check_discounts_by_check on check_discounts (check_id);

create table check_discount_targets (
  check_discount_id integer not null references check_discounts (id),
  target_id         integer not null,
  primary key (check_discount_id, target_id)
) strict, without rowid;

-- Automatic charges, copied to a check when it opens.
create table check_charges (
  id             integer primary key,
  check_id       integer not null references checks (id),
  charge_id      integer not null references service_charges (id),
  name           text not null,
  percent        integer,
  amount         integer,
  per_guest      integer,
  of             text not null check (of in ('before_discounts', 'after_discounts')),
  min_guests     integer,
  optional       integer not null check (optional in (0, 1)),
  tax_kind       text not null check (tax_kind = 'none' or tax_kind = 'as_lines' or tax_kind = 'class'),
  tax_version_id integer references tax_versions (id),
  goes_to        text not null check (goes_to in ('house', 'staff')),
  removed        integer not null default 0 check (removed in (0, 1)),
  value          integer not null default 0,
  net            integer not null default 0,
  tax            integer not null default 0
) strict;
create index check_charges_by_check on check_charges (check_id);

-- Each rate's part of a line or charge, written when the check is settled.
create table check_taxes (
  id              integer primary key,
  check_id        integer not null references checks (id),
  line_id         integer references lines (id),
  check_charge_id integer references check_charges (id),
  name            text not null,
  rate            integer not null check (rate >= 0),
  included        integer not null check (included in (0, 1)),
  base            integer not null,
  tax             integer not null,
  check ((line_id is null) <> (check_charge_id is null))
) strict;
create index check_taxes_by_check on check_taxes (check_id);

-- ── kitchen ──────────────────────────────────────────────────────────────────

create table tickets (
  id             integer primary key,
  order_id       integer not null references orders (id),
  display_number integer not null,
  table_name     text,
  station_id     integer not null references stations (id),
  state          text not null check (state = 'new' or state = 'printed' or state = 'bumped'),
  sent_at_ms     integer not null,
  printed_at_ms  integer,
  bumped_at_ms   integer
) strict;
create index tickets_by_station on tickets (station_id, state, id);
create index tickets_by_state on tickets (state, id);

-- Counts of tickets, so that a list's total is exact without counting: who never
-- bumps has them all waiting.
create table ticket_counts (
  station_id integer not null references stations (id),
  state      text not null check (state = 'new' or state = 'printed' or state = 'bumped'),
  n          integer not null check (n >= 0),
  primary key (station_id, state)
) strict, without rowid;

-- The kitchen's ledger: what it was told of a line, apart from what is billed.
-- The sum of a line's deltas is what the kitchen has.
create table ticket_lines (
  id        integer primary key,
  ticket_id integer not null references tickets (id),
  order_id  integer not null references orders (id),
  -- the line as first sent, whatever it is split into later
  line_id   integer not null references lines (id),
  delta     integer not null check (delta <> 0),
  state     text not null check (state = 'sent' or state = 'ready' or state = 'served'),
  name      text not null,
  variant   text not null,
  modifiers text not null,
  note      text,
  seat      integer,
  course    integer
) strict;
create index ticket_lines_by_ticket on ticket_lines (ticket_id);
create index ticket_lines_by_order on ticket_lines (order_id, line_id);

-- what the kitchen did to an order: the second number of its ETag
create table kitchen_orders (
  order_id integer primary key references orders (id),
  revision integer not null
) strict;

-- ── payments, refunds, receipts ──────────────────────────────────────────────

create table payments (
  id            integer primary key,
  order_id      integer not null references orders (id),
  check_id      integer not null references checks (id),
  tender_id     integer not null references tenders (id),
  tender_kind   text not null,
  tender        text not null,
  state         text not null check (state = 'pending' or state = 'captured' or state = 'declined' or state = 'cancelled' or state = 'unknown'),
  -- tendered - change = amount + rounding + tip + excess
  amount        integer not null check (amount >= 0),
  tendered      integer not null,
  change_given  integer not null check (change_given >= 0),
  tip           integer not null check (tip >= 0),
  rounding      integer not null,
  excess        integer not null check (excess >= 0),
  tip_staff_id  integer references staff (id),
  reference     text,
  card_brand    text,
  card_last4    text,
  card_auth     text,
  client_ref    text,
  device_id     integer references devices (id),
  staff_id      integer references staff (id),
  drawer_id     integer,
  business_date text not null,
  at_ms         integer not null,
  check (tendered - change_given = amount + rounding + tip + excess)
) strict;
create index payments_by_order on payments (order_id);
create unique index payments_by_client_ref on payments (device_id, client_ref) where client_ref is not null;

create table refunds (
  id            integer primary key,
  order_id      integer not null references orders (id),
  check_id      integer not null references checks (id),
  payment_id    integer not null references payments (id),
  tender_id     integer not null references tenders (id),
  tender_kind   text not null,
  tender        text not null,
  -- money back on a check not settled yet: no sale is undone by it
  reversal      integer not null check (reversal in (0, 1)),
  amount        integer not null check (amount >= 0),
  rounding      integer not null,
  tip           integer not null check (tip >= 0),
  excess        integer not null default 0 check (excess >= 0),
  tip_staff_id  integer references staff (id),
  reason_id     integer references reasons (id),
  reason        text,
  staff_id      integer references staff (id),
  approved_by   integer references staff (id),
  device_id     integer references devices (id),
  drawer_id     integer,
  business_date text not null,
  at_ms         integer not null
) strict;
create index refunds_by_order on refunds (order_id);

create table refund_lines (
  id              integer primary key,
  refund_id       integer not null references refunds (id),
  line_id         integer references lines (id),
  check_charge_id integer references check_charges (id),
  -- null where an amount was spread
  quantity        integer check (quantity > 0),
  net             integer not null,
  tax             integer not null,
  total           integer not null check (total = net + tax),
  check ((line_id is null) <> (check_charge_id is null))
) strict;
create index refund_lines_by_refund on refund_lines (refund_id);

create table refund_taxes (
  id             integer primary key,
  refund_line_id integer not null references refund_lines (id),
  name           text not null,
  rate           integer not null check (rate >= 0),
  included       integer not null check (included in (0, 1)),
  base           integer not null,
  tax            integer not null
) strict;
create index refund_taxes_by_line on refund_taxes (refund_line_id);

create table receipt_series (
  series text primary key,
  last   integer not null check (last >= 0)
) strict, without rowid;

create table receipts (
  id            integer primary key,
  series        text not null,
  number        integer not null check (number >= 1),
  kind          text not null check (kind = 'sale' or kind = 'refund' or kind = 'correction' or kind = 'advance'),
  order_id      integer not null references orders (id),
  check_id      integer not null references checks (id),
  refund_id     integer references refunds (id),
  original_id   integer references receipts (id),
  business_date text not null,
  started_at_ms integer not null,
  issued_at_ms  integer not null,
  -- stored whole as issued
  body          text not null
) strict;
create unique index receipts_by_number on receipts (series, number);
create index receipts_by_check on receipts (check_id);

-- ── the day and its figures ──────────────────────────────────────────────────

-- Rollups, kept in the transaction of the sale; `comanda check` recomputes them.
-- dim 'all' has one row a day with key ''. 'tender' rows hold payments (orders
-- counts them, gross = kept), 'tax' rows bases and taxes of lines and charges
-- (orders counts checks), 'staff' rows also tips by whose they are. Refunded
-- service charges stand under the key 'charges' of item, variant and category.
-- The date leads the key: what a sale writes lies on a page or two, and reports
-- seek each day of their range.
create table day_totals (
  business_date   text not null,
  dim             text not null check (dim = 'all' or dim = 'hour' or dim = 'item' or dim = 'variant' or dim = 'category' or dim = 'staff' or dim = 'kind' or dim = 'tender' or dim = 'tax'),
  key             text not null,
  name            text not null default '',
  orders          integer not null default 0,
  guests          integer not null default 0,
  quantity        integer not null default 0,
  list_amount     integer not null default 0,
  comps           integer not null default 0,
  discounts       integer not null default 0,
  gross           integer not null default 0,
  net             integer not null default 0,
  tax             integer not null default 0,
  refunds         integer not null default 0,
  refunds_net     integer not null default 0,
  refunds_tips    integer not null default 0,
  service_charges integer not null default 0,
  service_tax     integer not null default 0,
  tips            integer not null default 0,
  rounding        integer not null default 0,
  not_sales       integer not null default 0,
  excess          integer not null default 0,
  kept            integer not null default 0,
  held            integer not null default 0,
  refunds_paid    integer not null default 0,
  refunds_not_sales integer not null default 0,
  primary key (business_date, dim, key)
) strict, without rowid;

-- The same since the last Z, by Z number: what X shows and Z freezes.
create table z_totals (
  z_number        integer not null,
  dim             text not null check (dim = 'all' or dim = 'tender' or dim = 'tax'),
  key             text not null,
  name            text not null default '',
  orders          integer not null default 0,
  guests          integer not null default 0,
  quantity        integer not null default 0,
  list_amount     integer not null default 0,
  comps           integer not null default 0,
  discounts       integer not null default 0,
  gross           integer not null default 0,
  net             integer not null default 0,
  tax             integer not null default 0,
  refunds         integer not null default 0,
  refunds_net     integer not null default 0,
  refunds_tips    integer not null default 0,
  service_charges integer not null default 0,
  service_tax     integer not null default 0,
  tips            integer not null default 0,
  rounding        integer not null default 0,
  not_sales       integer not null default 0,
  excess          integer not null default 0,
  kept            integer not null default 0,
  held            integer not null default 0,
  refunds_paid    integer not null default 0,
  refunds_not_sales integer not null default 0,
  primary key (z_number, dim, key)
) strict, without rowid;

-- The number the coming Z will carry; no row: the first.
create table z_current (
  id     integer primary key check (id = 1),
  number integer not null check (number >= 1)
) strict;

-- Who took what off, gave what away, and why: voids and refunds when they
-- happen, comps and discounts when their check is settled.
create table adjustments (
  id            integer primary key,
  kind          text not null check (kind = 'void' or kind = 'comp' or kind = 'discount' or kind = 'refund'),
  business_date text not null,
  at_ms         integer not null,
  order_id      integer not null references orders (id),
  line_id       integer references lines (id),
  name          text not null,
  quantity      integer not null default 0,
  amount        integer not null,
  wasted        integer not null default 0 check (wasted in (0, 1)),
  reason_id     integer references reasons (id),
  reason        text,
  staff_id      integer references staff (id),
  approved_by   integer references staff (id)
) strict;
create index adjustments_by_date on adjustments (kind, business_date, id);

-- What stands in the way of closing, told by orders and payments.
create table open_orders (
  order_id       integer primary key references orders (id),
  display_number integer not null,
  business_date  text not null,
  opened_at_ms   integer not null
) strict;

create table unresolved_payments (
  payment_id integer primary key references payments (id),
  order_id   integer not null references orders (id),
  amount     integer not null
) strict;

-- Numbered without gaps; each covers the journal from the one before it.
create table z_reports (
  id              integer primary key,
  business_date   text not null,
  from_seq        integer not null,
  to_seq          integer not null,
  closed_at_ms    integer not null,
  staff_id        integer references staff (id),
  device_id       integer references devices (id),
  -- everything ever sold less everything ever refunded, up to this Z
  perpetual_total integer not null,
  body            text not null
) strict;

-- ── journal ──────────────────────────────────────────────────────────────────

create table journal (
  seq           integer primary key,
  epoch         integer not null,
  kind          text not null,
  at_utc_ms     integer not null,
  business_date text not null,
  device        integer,
  staff         integer,
  subject       integer not null,
  version       integer not null,
  payload       text not null,
  prev_hash     blob not null check (length(prev_hash) = 32),
  hash          blob not null check (length(hash) = 32)
) strict;

create trigger journal_no_update before update on journal begin
  select raise(abort, 'the journal never changes');
end;
create trigger journal_no_delete before delete on journal begin
  select raise(abort, 'the journal never changes');
end;
