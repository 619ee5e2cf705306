-- What guests owe the house, and what it owes them: house accounts, gift vouchers, deposits for a party.

-- A kind of tender more. Its table is made anew, since a CHECK cannot be changed.
create table tenders_with_deposits (
  id           integer primary key,
  name         text not null,
  kind         text not null check (kind = 'cash' or kind = 'card' or kind = 'meal_voucher' or kind = 'gift_voucher' or kind = 'house_account' or kind = 'deposit' or kind = 'online' or kind = 'write_off' or kind = 'other'),
  gives_change integer not null check (gives_change in (0, 1)),
  excess       text not null check (excess in ('forfeit', 'refuse')),
  archived     integer not null default 0 check (archived in (0, 1))
) strict;
insert into tenders_with_deposits select id, name, kind, gives_change, excess, archived from tenders;
-- A new restaurant gets its tenders when it is made; one that is there gets the new one here.
insert into tenders_with_deposits (name, kind, gives_change, excess)
  select 'Deposit', 'deposit', 0, 'refuse'
  where exists (select 1 from tenders) and not exists (select 1 from tenders where lower(name) = 'deposit' and archived = 0);
drop table tenders;
alter table tenders_with_deposits rename to tenders;

create table accounts (
  id               integer primary key,
  kind             text not null check (kind = 'house' or kind = 'gift_voucher' or kind = 'deposit'),
  name             text not null,
  customer_name    text,
  customer_phone   text,
  customer_address text,
  customer_vat_id  text,
  -- of a gift voucher: what is typed in, without its hyphens
  code             text check (length(code) = 12),
  -- of a house account: the most that may be owed on it, minor units; null: no limit
  credit_limit     integer check (credit_limit >= 0),
  -- of a deposit: the day of the party
  due_date         text check (due_date glob '????-??-??'),
  -- Minor units. Of a house account what is owed on it (below zero: what the house owes), of the others
  -- what is still on it. Always the sum of its entries.
  balance          integer not null default 0,
  -- Of payments that are not resolved yet: kept from being spent again.
  reserved         integer not null default 0 check (reserved >= 0),
  -- the line by which it was sold; null: opened by hand
  order_id         integer references orders (id),
  line_id          integer references lines (id),
  archived         integer not null default 0 check (archived in (0, 1)),
  -- what people changed about it, and what moved on it: the two numbers of its ETag
  version          integer not null default 1,
  revision         integer not null default 0,
  opened_date      text not null check (opened_date glob '????-??-??'),
  opened_at_ms     integer not null,
  staff_id         integer references staff (id),
  device_id        integer references devices (id),
  -- name, customer and code in small letters, to be looked for
  found_by         text not null,
  check ((kind = 'gift_voucher') = (code is not null)),
  check (kind = 'house' or credit_limit is null),
  check (kind = 'deposit' or due_date is null),
  -- nobody spends what is not there
  check (kind = 'house' or balance >= reserved)
) strict;
create unique index accounts_by_code on accounts (code) where code is not null;
create index accounts_in_use on accounts (archived, kind);
create index accounts_by_use on accounts (archived);

-- All that ever moved on an account. What is paid is never edited.
create table account_entries (
  id            integer primary key,
  account_id    integer not null references accounts (id),
  kind          text not null check (kind = 'issued' or kind = 'charged' or kind = 'redeemed' or kind = 'paid' or kind = 'refunded' or kind = 'paid_out' or kind = 'corrected'),
  -- what it adds to the balance, and the balance after it
  amount        integer not null check (amount <> 0),
  balance       integer not null,
  order_id      integer references orders (id),
  -- the line whose sale brought the money; null where the account paid for something
  line_id       integer references lines (id),
  payment_id    integer references payments (id),
  refund_id     integer references refunds (id),
  business_date text not null,
  at_ms         integer not null,
  staff_id      integer references staff (id),
  device_id     integer references devices (id),
  -- either money came in by a line, or went back by it; or it paid for something
  check ((line_id is null) <> (payment_id is null))
) strict;
create index account_entries_by_account on account_entries (account_id, business_date);
create index account_entries_by_order on account_entries (order_id);
create index account_entries_by_payment on account_entries (payment_id) where payment_id is not null;
create index account_entries_by_line on account_entries (line_id) where line_id is not null;

create trigger account_entries_no_update before update on account_entries begin
  select raise(abort, 'an entry never changes');
end;
create trigger account_entries_no_delete before delete on account_entries begin
  select raise(abort, 'an entry never changes');
end;

-- Sums of entries by kind of account and day, kept in the transaction of the entry; `comanda check`
-- recomputes them. Each column is what it added to the balance of all accounts of the kind.
create table account_days (
  kind          text not null check (kind = 'house' or kind = 'gift_voucher' or kind = 'deposit'),
  business_date text not null,
  issued        integer not null default 0,
  charged       integer not null default 0,
  redeemed      integer not null default 0,
  paid          integer not null default 0,
  refunded      integer not null default 0,
  paid_out      integer not null default 0,
  corrected     integer not null default 0,
  -- of all of them, when the day ends
  balance       integer not null,
  primary key (kind, business_date)
) strict, without rowid;

-- A line that pays into an account that is there already.
create table account_lines (
  line_id    integer primary key references lines (id),
  account_id integer not null references accounts (id)
) strict;

-- Whose account a payment is drawn on, and onto which a refund goes back.
alter table payments add column account_id integer references accounts (id);
alter table refunds add column account_id integer references accounts (id);
create index payments_on_accounts on payments (order_id) where account_id is not null;

-- What the house sells without it standing on the menu, made when it is first needed.
create table house_items (
  purpose    text primary key check (purpose = 'account_payment'),
  variant_id integer not null references variants (id)
) strict, without rowid;
