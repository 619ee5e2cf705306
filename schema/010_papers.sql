-- The payment that a receipt of kind 'correction' is of: the one that came in the wrong one's place.
alter table receipts add column payment_id integer references payments (id);
-- How often it was printed: the first one is the guest's, every other a copy.
alter table receipts add column prints integer not null default 0 check (prints >= 0);

-- Receipts of a business day and series, told by orders as they are issued: numbers are given in the order of
-- days, so that first, last and how many there are say whether one is missing.
create table receipt_days (
  business_date text not null check (business_date glob '????-??-??'),
  series        text not null,
  first         integer not null check (first >= 1),
  last          integer not null check (last >= first),
  -- how many of each kind
  sales         integer not null default 0 check (sales >= 0),
  refunds       integer not null default 0 check (refunds >= 0),
  corrections   integer not null default 0 check (corrections >= 0),
  advances      integer not null default 0 check (advances >= 0),
  primary key (business_date, series)
) strict, without rowid;

insert into receipt_days
  select business_date, series, min(number), max(number), sum(kind = 'sale'), sum(kind = 'refund'),
    sum(kind = 'correction'), sum(kind = 'advance')
  from receipts group by business_date, series;
