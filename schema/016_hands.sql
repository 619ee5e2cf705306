-- Hours as they weighed when they were worked, and tips by the hands they went into.

-- What an hour of theirs weighed when they came. What is there already weighs what it does today.
alter table time_entries add column tip_share integer not null default 100 check (tip_share between 0 and 1000);
update time_entries set tip_share = (select tip_share from staff where staff.id = time_entries.staff_id);

-- Tips handed out of drawers, by day and whose they were; `comanda check` recomputes them.
create table tips_paid_out (
  business_date text not null,
  staff_id      integer not null references staff (id),
  amount        integer not null,
  primary key (business_date, staff_id)
) strict, without rowid;
insert into tips_paid_out (business_date, staff_id, amount)
select business_date, for_staff_id, -sum(amount) from drawer_events
where kind = 'tip_paid_out' and for_staff_id is not null group by business_date, for_staff_id;
