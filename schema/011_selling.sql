-- Combos: an item that is sold as one and consists of others. Its parts are lines of their own on an
-- order, each taxed and cooked as the dish it is; the price of the combo is parted among them.

-- A guest's choice among the parts of a combo: so many of its options, between min and max.
create table combo_choices (
  id      integer primary key,
  item_id integer not null references items (id),
  name    text not null,
  min     integer not null check (min >= 0),
  max     integer not null check (max >= 1 and max >= min),
  -- the weight of all that is chosen here; null: each dish weighs what it costs on the menu
  share   integer check (share > 0)
) strict;
create index combo_choices_by_item on combo_choices (item_id);

-- What a combo consists of: what always comes (no choice), and what can be chosen.
create table combo_parts (
  id         integer primary key,
  -- the combo
  item_id    integer not null references items (id),
  -- options stand at the place of their choice
  position   integer not null,
  choice_id  integer references combo_choices (id),
  -- the dish
  variant_id integer not null references variants (id),
  -- its weight in the price; null: what it costs on the menu, or its choice's
  share      integer check (share > 0),
  -- minor units that choosing it adds to the price of the combo, and to its own part
  supplement integer not null default 0 check (supplement >= 0)
) strict;
create index combo_parts_by_item on combo_parts (item_id, position);
create index combo_parts_by_variant on combo_parts (variant_id);
create index combo_parts_by_choice on combo_parts (choice_id);

-- The head of a combo on an order: it bears no money, its parts do. Its unit price is what theirs add up to.
alter table lines add column combo integer not null default 0 check (combo in (0, 1));

-- Nested modifiers. So many options of a group cost nothing, in the order in which they are chosen.
alter table modifier_groups add column free_quantity integer not null default 0 check (free_quantity >= 0);
-- added: to the price; included: costs nothing here; replaces: is the price of the dish instead of its own
alter table options add column price_mode text not null default 'added'
  check (price_mode = 'added' or price_mode = 'included' or price_mode = 'replaces');

-- The groups an option opens when it is chosen.
create table option_groups (
  option_id integer not null references options (id),
  group_id  integer not null references modifier_groups (id),
  position  integer not null,
  primary key (option_id, group_id)
) strict, without rowid;
create index option_groups_by_group on option_groups (group_id);

-- How deep a choice stands on its line: 0 for one of the dish's own groups, 1 for one that a choice before it
-- opened. In the order of their ids the rows of a line are the tree, each behind the one it belongs to. Price
-- is what it came to on this line; quantity is for one of the line, those of the choices above multiplied in.
alter table line_modifiers add column depth integer not null default 0 check (depth >= 0);

-- Prices and menus by time, by the clock on the wall in the restaurant's zone. A window opens on its weekdays at
-- from_min, minutes after midnight, and closes at to_min: on the day after where that is below from_min.

-- Other prices while a window is open: of each variant its own, or a percentage off some categories.
create table price_times (
  id         integer primary key,
  name       text not null,
  -- a bit for each day on which it opens, Monday the lowest
  weekdays   integer not null check (weekdays between 1 and 127),
  from_min   integer not null check (from_min between 0 and 1439),
  to_min     integer not null check (to_min between 1 and 1440 and to_min <> from_min),
  -- the first and the last date on which it opens
  valid_from text check (valid_from glob '????-??-??'),
  valid_to   text check (valid_to glob '????-??-??'),
  -- null: however it is eaten
  service    text check (service in ('dine_in', 'takeaway')),
  -- off; null where it names prices
  percent    integer check (percent > 0 and percent <= 1000000),
  archived   integer not null default 0 check (archived in (0, 1))
) strict;

create table price_time_prices (
  price_time_id integer not null references price_times (id),
  variant_id    integer not null references variants (id),
  price         integer not null check (price >= 0),
  primary key (price_time_id, variant_id)
) strict, without rowid;

create table price_time_categories (
  price_time_id integer not null references price_times (id),
  category_id   integer not null references categories (id),
  primary key (price_time_id, category_id)
) strict, without rowid;

-- When an item, or all of a category, is sold; without any: always.
create table sold_times (
  id          integer primary key,
  item_id     integer references items (id),
  category_id integer references categories (id),
  weekdays    integer not null check (weekdays between 1 and 127),
  from_min    integer not null check (from_min between 0 and 1439),
  to_min      integer not null check (to_min between 1 and 1440 and to_min <> from_min),
  valid_from  text check (valid_from glob '????-??-??'),
  valid_to    text check (valid_to glob '????-??-??'),
  check ((item_id is null) <> (category_id is null))
) strict;
create index sold_times_by_item on sold_times (item_id);
create index sold_times_by_category on sold_times (category_id);
