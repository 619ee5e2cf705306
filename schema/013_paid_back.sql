-- Money given back before its check was settled unmakes a payment and undoes no sale: it is listed apart from
-- refunds, as a reversal. A wrong tender that was set right is neither.
create table adjustments_new (
  id            integer primary key,
  kind          text not null check (kind = 'void' or kind = 'comp' or kind = 'discount' or kind = 'refund' or kind = 'reversal'),
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
insert into adjustments_new (id, kind, business_date, at_ms, order_id, line_id, name, quantity, amount, wasted, reason_id,
  reason, staff_id, approved_by)
select id, kind, business_date, at_ms, order_id, line_id, name, quantity, amount, wasted, reason_id, reason, staff_id,
  approved_by from adjustments;
-- Those of before: all reversals but the one by which a payment was corrected, which is the last of it.
insert into adjustments_new (kind, business_date, at_ms, order_id, name, amount, reason_id, reason, staff_id, approved_by)
select 'reversal', r.business_date, r.at_ms, r.order_id, '', r.amount + r.rounding + r.tip + r.excess, r.reason_id,
  r.reason, r.staff_id, r.approved_by
from refunds r
where r.reversal = 1 and not (
  exists (select 1 from payments p where p.order_id = r.order_id and p.corrects = r.payment_id)
  and r.id = (select max(l.id) from refunds l where l.order_id = r.order_id and l.payment_id = r.payment_id))
order by r.id;
drop table adjustments;
alter table adjustments_new rename to adjustments;
create index adjustments_by_date on adjustments (kind, business_date, id);

-- The takings of drawers that were counted, as their counts have them: cash sales less refunds, and what the drawers
-- were over or short. What was late moved what a drawer was over or short on its own day.
alter table cash_counts add column counted integer not null default 0;
create table cash_counted (business_date text primary key, counted integer not null) strict, without rowid;
insert into cash_counted
select business_date, sum(counted) from (
  select d.closed_date as business_date, d.over_short
    + (select coalesce(sum(e.amount), 0) from drawer_events e
       where e.drawer_id = d.id and (e.late = 1 or e.kind in ('cash_sale', 'cash_refund'))) as counted
  from drawers d where d.state <> 'open'
  union all
  select business_date, -amount from drawer_events where late = 1 and kind not in ('cash_sale', 'cash_refund'))
group by business_date;
update cash_counts set counted =
  coalesce((select c.counted from cash_counted c where c.business_date = cash_counts.business_date), 0);
drop table cash_counted;
