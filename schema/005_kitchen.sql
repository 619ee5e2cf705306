-- A station may be an expo, which prepares nothing and sees all. Its own seconds: after how many a ticket is
-- late, and within how many it is to be acknowledged; 0 is never, and not waited for.
alter table stations add column expo integer not null default 0 check (expo in (0, 1));
alter table stations add column late_after_s integer not null default 900 check (late_after_s between 0 and 86400);
alter table stations add column ack_within_s integer not null default 60 check (ack_within_s between 0 and 3600);

-- where its items are made that name no station of their own
alter table categories add column station_id integer references stations (id);

-- What a ticket tells: dishes to be made, dishes not to be made any more, or what changed of those being made.
alter table tickets add column kind text not null default 'new' check (kind = 'new' or kind = 'cancel' or kind = 'change');
-- the terminal that sent it, which hears where nobody takes it
alter table tickets add column device_id integer references devices (id);
-- bumped_at_ms is when it was ready. Served before this step: nobody kept when.
alter table tickets add column served integer not null default 0 check (served in (0, 1));
alter table tickets add column served_at_ms integer check (served_at_ms is null or served = 1);
-- Fixed when it is sent, by what its station's seconds were then. Null: never late.
alter table tickets add column late_at_ms integer;
-- Null: not waited for, or acknowledged.
alter table tickets add column ack_due_at_ms integer check (ack_due_at_ms is null or state = 'new');
-- when the alarm was raised: once in its life
alter table tickets add column alarmed_at_ms integer;

create index tickets_by_sent on tickets (sent_at_ms);
create index tickets_unserved on tickets (sent_at_ms) where served = 0;
create index tickets_awaited on tickets (alarmed_at_ms, ack_due_at_ms) where ack_due_at_ms is not null;

alter table ticket_lines add column item_id integer references items (id);
-- Of what is to be made, what was taken back since: the sum over a line's rows is the sum of its cancels.
-- Whatever was not made yet goes first.
alter table ticket_lines add column cancelled integer not null default 0 check (cancelled between 0 and max(delta, 0));
-- of a cancel, what the kitchen had of the line before it
alter table ticket_lines add column had integer check (had is null or delta < 0);

-- What changed of dishes the kitchen has, in words: no row of the ledger, since nothing more or less is made.
create table ticket_changes (
  id        integer primary key,
  ticket_id integer not null references tickets (id),
  -- null: it is about the whole order
  line_id   integer references lines (id),
  name      text,
  variant   text,
  quantity  integer check (quantity > 0),
  what      text not null check (what = 'seat' or what = 'course' or what = 'table'),
  was       text,
  now       text,
  check ((line_id is null) = (what = 'table'))
) strict;
create index ticket_changes_by_ticket on ticket_changes (ticket_id);

-- What is there already.
update tickets set kind = 'cancel' where id in (select ticket_id from ticket_lines where delta < 0);
update tickets set served = 1 where id in (select ticket_id from ticket_lines where state = 'served');
update ticket_lines set item_id = (select l.item_id from lines l where l.id = ticket_lines.line_id);
update ticket_lines set had = (
  select sum(e.delta) from ticket_lines e
  where e.order_id = ticket_lines.order_id and e.line_id = ticket_lines.line_id and e.id < ticket_lines.id
) where delta < 0;
update ticket_lines set cancelled = part.n
from (
  select id, max(0, min(delta, gone - taken_before)) as n
  from (
    select made.id, made.delta, back.gone,
      coalesce(sum(made.delta) over (
        partition by made.order_id, made.line_id
        order by case made.state when 'sent' then 0 when 'ready' then 1 else 2 end, made.id desc
        rows between unbounded preceding and 1 preceding
      ), 0) as taken_before
    from ticket_lines made
    join (select order_id, line_id, -sum(delta) as gone from ticket_lines where delta < 0 group by order_id, line_id) back
      on back.order_id = made.order_id and back.line_id = made.line_id
    where made.delta > 0
  )
) as part
where part.id = ticket_lines.id and part.n > 0;
