//! The kitchen's statements.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use super::model::{LineProgress, LineState, Stage, Ticket, TicketLine, TicketState};
use crate::store::{Row, Statement};

pub static TICKET_ADD: Statement = Statement::new(
    "tickets.add",
    "insert into tickets (order_id, display_number, table_name, station_id, state, sent_at_ms)
     values (?1, ?2, ?3, ?4, 'new', ?5)",
);

pub static LINE_ADD: Statement = Statement::new(
    "ticket_lines.add",
    "insert into ticket_lines (ticket_id, order_id, line_id, delta, state, name, variant, modifiers, note, seat, course)
     values (?1, ?2, ?3, ?4, 'sent', ?5, ?6, ?7, ?8, ?9, ?10)",
);

/// The part of what an order has of a line that goes to order ?3, ?4 thousandths of it, or is given up by it where
/// that is below zero: with the ticket it was sent on, so that it goes on with it.
pub static LINE_MOVED: Statement = Statement::new(
    "ticket_lines.moved",
    "insert into ticket_lines (ticket_id, order_id, line_id, delta, state, name, variant, modifiers, note, seat, course,
       moved)
     select ticket_id, ?3, line_id, ?4, state, name, variant, modifiers, note, seat, course, 1
     from ticket_lines where order_id = ?1 and line_id = ?2 and delta > 0 order by id limit 1",
);

/// Other orders that have something of a ticket.
pub static ORDERS_WITH: Statement = Statement::new(
    "ticket_lines.orders_with",
    "select distinct order_id from ticket_lines where ticket_id = ?1 and order_id <> ?2",
)
.scanning("tells apart the orders of one ticket's lines");

/// One more in a state.
pub static COUNT_UP: Statement = Statement::new(
    "ticket_counts.up",
    "insert into ticket_counts (station_id, state, n) values (?1, ?2, 1) on conflict (station_id, state) do update set n = n + 1",
);

/// One less.
pub static COUNT_DOWN: Statement =
    Statement::new("ticket_counts.down", "update ticket_counts set n = n - 1 where station_id = ?1 and state = ?2");

pub static TICKET_MOVE: Statement = Statement::new(
    "tickets.move",
    "update tickets set state = ?2,
       printed_at_ms = case when ?3 then coalesce(printed_at_ms, ?4) end,
       bumped_at_ms = case ?2 when 'bumped' then coalesce(bumped_at_ms, ?4) end
     where id = ?1",
);

pub static LINES_MOVE: Statement =
    Statement::new("ticket_lines.move", "update ticket_lines set state = ?2 where ticket_id = ?1");

pub static REVISION_UP: Statement = Statement::new(
    "kitchen_orders.up",
    "insert into kitchen_orders (order_id, revision) values (?1, 1)
     on conflict (order_id) do update set revision = revision + 1 returning revision",
);

pub static REVISION: Statement =
    Statement::new("kitchen_orders.revision", "select revision from kitchen_orders where order_id = ?1");

/// All that an order's lines have come to. Lines without anything to be made (cancelled before they
/// were ever sent) do not occur; `coalesce` keeps such a row readable.
pub static PROGRESS: Statement = Statement::new(
    "ticket_lines.progress",
    "select l.line_id, sum(l.delta),
       coalesce(min(case when l.delta > 0 then case l.state when 'sent' then 0 when 'ready' then 1 else 2 end end), 0),
       min(t.sent_at_ms),
       coalesce((select revision from kitchen_orders where order_id = ?1), 0)
     from ticket_lines l cross join tickets t on t.id = l.ticket_id
     where l.order_id = ?1 group by l.line_id",
)
.repeating("a page or an export with its checks reads each order whole, by its key");

macro_rules! columns {
    () => {
        "t.id, t.order_id, t.display_number, t.table_name, t.station_id, t.printed_at_ms is not null, t.sent_at_ms,
         l.state, l.line_id, l.delta, l.name, l.variant, l.modifiers, l.note, l.seat, l.course"
    };
}

/// A ticket with its lines, a row a line.
pub static TICKET: Statement = Statement::new(
    "tickets.get",
    concat!(
        "select ",
        columns!(),
        " from tickets t cross join ticket_lines l on l.ticket_id = t.id where t.id = ?1 and l.moved = 0 order by l.id"
    ),
);

// Three states at most are asked for; a place not needed is bound to ''. The branches are merged in
// the order of an index, so a page costs as much as it holds, however many tickets there are.
macro_rules! page {
    ($name:literal, $station:literal, $beyond:literal, $direction:literal) => {
        Statement::new(
            $name,
            concat!(
                "with page as (select id from tickets where ",
                $station,
                "state = ?1 and id ",
                $beyond,
                " ?4
                   union all select id from tickets where ",
                $station,
                "state = ?2 and id ",
                $beyond,
                " ?4
                   union all select id from tickets where ",
                $station,
                "state = ?3 and id ",
                $beyond,
                " ?4
                   order by id ",
                $direction,
                " limit ?5 offset ?6)
                 select ",
                columns!(),
                " from page cross join tickets t on t.id = page.id
                 cross join ticket_lines l on l.ticket_id = t.id and l.moved = 0 order by t.id ",
                $direction,
                ", l.id"
            ),
        )
        .scanning("reads and sorts the tickets of one page, which it took from an index")
    };
}

pub static PAGE_NEWEST: Statement = page!("tickets.page_newest", "", "<", "desc");
pub static PAGE_OLDEST: Statement = page!("tickets.page_oldest", "", ">", "asc");
pub static PAGE_NEWEST_AT: Statement = page!("tickets.page_newest_at", "station_id = ?7 and ", "<", "desc");
pub static PAGE_OLDEST_AT: Statement = page!("tickets.page_oldest_at", "station_id = ?7 and ", ">", "asc");

pub static TOTAL: Statement =
    Statement::new("ticket_counts.total", "select coalesce(sum(n), 0) from ticket_counts where state in (?1, ?2, ?3)")
        .scanning("a row for each state of each station");

pub static TOTAL_AT: Statement = Statement::new(
    "ticket_counts.total_at",
    "select coalesce(sum(n), 0) from ticket_counts where station_id = ?4 and state in (?1, ?2, ?3)",
);

/// When the oldest ticket in a state was sent, of those sent since ?2; only the newest 500 of that state are
/// looked at, since a house without a printer has all its tickets in one. Who has more waiting waits long.
pub static OLDEST_SINCE: Statement = Statement::new(
    "tickets.oldest_since",
    "select min(sent_at_ms) from (select sent_at_ms from tickets where state = ?1 order by id desc limit 500)
     where sent_at_ms >= ?2",
);

/// What the kitchen has of each line, for orders past ?1 up to ?2.
pub static KNOWN: Statement = Statement::new(
    "ticket_lines.known",
    "select order_id, line_id, sum(delta) from ticket_lines where order_id > ?1 and order_id <= ?2
     group by order_id, line_id",
);

/// Counts that are not what counting gives.
pub static COUNTS_WRONG: Statement = Statement::new(
    "ticket_counts.wrong",
    "select station_id, state, sum(n), sum(m)
     from (select station_id, state, n, 0 as m from ticket_counts
           union all select station_id, state, 0, count(*) from tickets group by station_id, state)
     group by station_id, state having sum(n) <> sum(m)",
)
.scanning("recounts every ticket, for `comanda check` alone");

pub static ALL: &[&Statement] = &[
    &TICKET_ADD,
    &LINE_ADD,
    &LINE_MOVED,
    &ORDERS_WITH,
    &COUNT_UP,
    &COUNT_DOWN,
    &TICKET_MOVE,
    &LINES_MOVE,
    &REVISION_UP,
    &REVISION,
    &PROGRESS,
    &TICKET,
    &PAGE_NEWEST,
    &PAGE_OLDEST,
    &PAGE_NEWEST_AT,
    &PAGE_OLDEST_AT,
    &TOTAL,
    &TOTAL_AT,
    &OLDEST_SINCE,
    &KNOWN,
    &COUNTS_WRONG,
];

impl ToSql for TicketState {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

impl ToSql for LineState {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

impl FromSql for LineState {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::parse(value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}

/// A ticket's head and one of its lines.
pub fn ticket_and_line(row: &Row<'_>) -> rusqlite::Result<(Ticket, TicketLine)> {
    let ticket = Ticket {
        id: row.get(0)?,
        order: row.get(1)?,
        display_number: row.get(2)?,
        table_name: row.get(3)?,
        station: row.get(4)?,
        stage: Stage { printed: row.get(5)?, lines: row.get(7)? },
        sent_at: row.get(6)?,
        lines: Vec::new(),
    };
    let line = TicketLine {
        line: row.get(8)?,
        delta: row.get(9)?,
        name: row.get(10)?,
        variant: row.get(11)?,
        modifiers: row.get(12)?,
        note: row.get(13)?,
        seat: row.get(14)?,
        course: row.get(15)?,
    };
    Ok((ticket, line))
}

/// A line's progress, and the order's revision.
pub fn progress(row: &Row<'_>) -> rusqlite::Result<(LineProgress, i64)> {
    let state = match row.get(2)? {
        0 => LineState::Sent,
        1 => LineState::Ready,
        _ => LineState::Served,
    };
    Ok((LineProgress { line: row.get(0)?, sent: row.get(1)?, state, sent_at: row.get(3)? }, row.get(4)?))
}
