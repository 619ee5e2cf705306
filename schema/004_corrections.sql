-- What is paid is never edited. A tip changed after its payment was taken is a record here: the payment's
-- tip is its own, and all that was given less all that was taken.
create table payment_tips (
  id            integer primary key,
  order_id      integer not null references orders (id),
  payment_id    integer not null references payments (id),
  -- from whose it was before, and for whose it is from now on
  taken         integer not null check (taken >= 0),
  taken_from    integer references staff (id),
  given         integer not null check (given >= 0),
  given_to      integer references staff (id),
  staff_id      integer references staff (id),
  device_id     integer references devices (id),
  business_date text not null,
  at_ms         integer not null,
  check (taken > 0 or given > 0)
) strict;
create index payment_tips_by_order on payment_tips (order_id);

-- The payment whose wrong tender this one sets right; that one is taken back by a reversal in refunds.
alter table payments add column corrects integer references payments (id);
