-- How the order of a ticket came about and how its dishes are eaten: whoever packs them has to know.
alter table tickets add column order_kind text check (order_kind in ('dine_in', 'takeaway', 'delivery'));
alter table tickets add column service text check (service in ('dine_in', 'takeaway'));
-- a dish's own, where it is not eaten as its ticket is
alter table ticket_lines add column service text check (service in ('dine_in', 'takeaway'));
-- Of what was taken back, how much before it was ready: that was never made.
alter table ticket_lines add column dropped integer not null default 0 check (dropped between 0 and cancelled);

update tickets set (order_kind, service) = (select kind, service from orders where orders.id = tickets.order_id);
update ticket_lines set service = (select service from lines where lines.id = ticket_lines.line_id);

-- A dish may go to another table alone, and an order may be eaten elsewhere.
create table ticket_changes_new (
  id        integer primary key,
  ticket_id integer not null references tickets (id),
  -- null: it is about the whole order
  line_id   integer references lines (id),
  name      text,
  variant   text,
  quantity  integer check (quantity > 0),
  what      text not null check (what = 'seat' or what = 'course' or what = 'table' or what = 'service'),
  was       text,
  now       text,
  check (line_id is not null or what = 'table' or what = 'service')
) strict;
insert into ticket_changes_new (id, ticket_id, line_id, name, variant, quantity, what, was, now)
select id, ticket_id, line_id, name, variant, quantity, what, was, now from ticket_changes;
drop table ticket_changes;
alter table ticket_changes_new rename to ticket_changes;
create index ticket_changes_by_ticket on ticket_changes (ticket_id);
