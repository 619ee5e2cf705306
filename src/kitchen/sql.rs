//! The kitchen's statements.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use super::model::times::Took;
use super::model::{
    Change, Changed, LedgerRow, LineProgress, LineState, Stage, Ticket, TicketKind, TicketLine, TicketState, ToMake,
    What,
};
use crate::kernel::day::UtcMs;
use crate::kernel::ids::{DeviceId, OrderId, StationId, TicketId};
use crate::store::{Row, Statement};

pub static TICKET_ADD: Statement = Statement::new(
    "tickets.add",
    "insert into tickets (order_id, display_number, table_name, station_id, state, sent_at_ms, kind, device_id, late_at_ms,
       ack_due_at_ms, order_kind, service)
     values (?1, ?2, ?3, ?4, 'new', ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
);

pub static LINE_ADD: Statement = Statement::new(
    "ticket_lines.add",
    "insert into ticket_lines (ticket_id, order_id, line_id, delta, state, name, variant, modifiers, note, seat, course,
       item_id, had, service)
     values (?1, ?2, ?3, ?4, 'sent', ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
);

pub static CHANGE_ADD: Statement = Statement::new(
    "ticket_changes.add",
    "insert into ticket_changes (ticket_id, line_id, name, variant, quantity, what, was, now)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
);

/// What a change ticket says.
pub static CHANGES_OF: Statement = Statement::new(
    "ticket_changes.of",
    "select line_id, name, variant, quantity, what, was, now from ticket_changes where ticket_id = ?1 order by id",
)
.repeating("each ticket of a page that tells a change has a row or two of its own");

/// The rows of an order's lines ?2 to ?3 in the ledger.
pub static LEDGER: Statement = Statement::new(
    "ticket_lines.of_lines",
    "select l.id, l.delta, l.cancelled, l.state, l.ticket_id, t.station_id, l.line_id
     from ticket_lines l cross join tickets t on t.id = l.ticket_id where l.order_id = ?1 and l.line_id between ?2 and ?3",
)
.repeating("a cancel asks for each line it takes back");

/// What goes to another order is taken back of its rows: ?1 lists each with how much.
pub static GIVE_UP: Statement = Statement::new(
    "ticket_lines.give_up",
    "update ticket_lines set cancelled = cancelled + gone.part
     from (select value ->> 0 as id, value ->> 1 as part from json_each(?1)) gone where ticket_lines.id = gone.id",
)
.scanning("reads the list it was given");

/// It is not wanted any more; what is not ready is not made.
pub static TAKE_BACK: Statement = Statement::new(
    "ticket_lines.take_back",
    "update ticket_lines set cancelled = cancelled + ?2, dropped = dropped + case state when 'sent' then ?2 else 0 end
     where id = ?1",
);

/// Nobody waits for a ticket of which nothing is to be made any more.
pub static STOP_WAITING: Statement = Statement::new(
    "tickets.stop_waiting",
    "update tickets set ack_due_at_ms = null
     where id = ?1 and ack_due_at_ms is not null
       and not exists (select 1 from ticket_lines l where l.ticket_id = ?1 and l.delta > l.cancelled)",
);

/// Orders that have, or had, something of a line beside order ?1.
pub static ORDERS_SHARING: Statement = Statement::new(
    "ticket_lines.orders_sharing",
    "select distinct o.order_id
     from ticket_lines l cross join ticket_lines o on o.ticket_id = l.ticket_id and o.line_id = l.line_id
     where l.order_id = ?1 and l.line_id = ?2 and o.order_id <> ?1 order by o.order_id",
)
.scanning("tells apart the orders that one dish is shared by");

/// The orders that have what stands of a ticket.
pub static STANDING: Statement = Statement::new(
    "ticket_lines.standing",
    "select order_id from ticket_lines where ticket_id = ?1 and delta > cancelled group by order_id",
)
.scanning("tells apart the orders of one ticket's dishes")
.repeating("each ticket of a table that goes to another");

/// What is eaten otherwise than its ticket's order keeps that as its own.
pub static LINES_KEEP_SERVICE: Statement = Statement::new(
    "ticket_lines.keep_service",
    "update ticket_lines set service = coalesce(service, (select t.service from tickets t where t.id = ?1))
     where ticket_id = ?1 and (select t.service from tickets t where t.id = ?1) <> ?2",
);

/// Whose ticket it is now; answers how far it is.
pub static TICKET_REHEAD: Statement = Statement::new(
    "tickets.rehead",
    "update tickets set order_id = ?2, display_number = ?3, table_name = ?4, order_kind = ?5, service = ?6
     where id = ?1 and order_id <> ?2 and served = 0
     returning state, printed_at_ms is not null, served",
);

/// Where an order has dishes that are not served yet, a row a dish.
pub static STATIONS_COOKING: Statement = Statement::new(
    "tickets.stations_cooking",
    "select t.station_id from ticket_lines l cross join tickets t on t.id = l.ticket_id
     where l.order_id = ?1 and l.delta > l.cancelled and t.served = 0 order by l.line_id",
);

/// So that what is carried out from now on goes to where the guests sit, as they eat it.
pub static RETABLE: Statement = Statement::new(
    "tickets.retable",
    "update tickets set table_name = ?2, service = ?3
     where id in (select ticket_id from ticket_lines where order_id = ?1) and order_id = ?1 and served = 0",
);

/// Parts of rows that go to another order, or that their order gives up: ?1 lists of each the row, the order, how
/// much, below zero for what is given up, and how much of it is taken back. Each stays with the ticket it was sent
/// on, so that it goes on with it. What is given up is taken back of its row.
pub static LINES_MOVED: Statement = Statement::new(
    "ticket_lines.moved",
    "insert into ticket_lines (ticket_id, order_id, line_id, delta, state, name, variant, modifiers, note, seat, course,
       item_id, cancelled, moved, service)
     select ticket_id, value ->> 1, line_id, value ->> 2, state, name, variant, modifiers, note, seat, course, item_id,
       value ->> 3, 1, service
     from json_each(?1) cross join ticket_lines l on l.id = value ->> 0",
)
.scanning("reads the list it was given");

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
    "update tickets set state = ?2, printed_at_ms = case when ?3 then coalesce(printed_at_ms, ?4) end, bumped_at_ms = ?5,
       served = ?6, served_at_ms = ?7, ack_due_at_ms = ?8
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
     where l.order_id = ?1 group by l.line_id order by l.line_id",
)
.repeating("a page or an export with its checks reads each order whole, by its key");

macro_rules! columns {
    () => {
        "t.id, t.order_id, t.display_number, t.table_name, t.station_id, t.kind, t.state, t.printed_at_ms is not null, t.served,
         t.sent_at_ms, t.bumped_at_ms, t.served_at_ms, t.late_at_ms, t.device_id, t.ack_due_at_ms, t.alarmed_at_ms,
         t.order_kind, t.service, l.line_id, l.delta,
         -- what went to another order is not taken back
         case when l.cancelled = 0 then 0 else (
           select sum(case when m.delta > 0 then m.cancelled when m.moved = 1 then m.delta else 0 end)
           from ticket_lines m where m.ticket_id = l.ticket_id and m.line_id = l.line_id) end,
         l.had, l.name, l.variant, l.modifiers, l.note, l.seat, l.course, l.service"
    };
}

/// A ticket with its lines, a row a line; one row without a line where it has none.
pub static TICKET: Statement = Statement::new(
    "tickets.get",
    concat!(
        "select ",
        columns!(),
        " from tickets t left join ticket_lines l on l.ticket_id = t.id and l.moved = 0 where t.id = ?1 order by l.id"
    ),
);

// Tickets whose ids were found by an index, with their lines.
macro_rules! whole {
    ($name:literal, $direction:literal, $($ids:expr),+) => {
        Statement::new(
            $name,
            concat!(
                "with page as (",
                $($ids,)+
                ") select ",
                columns!(),
                " from page cross join tickets t on t.id = page.id
                 left join ticket_lines l on l.ticket_id = t.id and l.moved = 0 order by t.id ",
                $direction,
                ", l.id"
            ),
        )
        .scanning("reads and sorts the tickets of one page, which it took from an index")
    };
}

// Three states at most are asked for; a place not needed is bound to ''. The branches are merged in
// the order of an index, so a page costs as much as it holds, however many tickets there are.
macro_rules! page {
    ($name:literal, $station:literal, $beyond:literal, $direction:literal) => {
        whole!(
            $name,
            $direction,
            "select id from tickets where ",
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
            " limit ?5 offset ?6"
        )
    };
}

pub static PAGE_NEWEST: Statement = page!("tickets.page_newest", "", "<", "desc");
pub static PAGE_OLDEST: Statement = page!("tickets.page_oldest", "", ">", "asc");
pub static PAGE_NEWEST_AT: Statement = page!("tickets.page_newest_at", "station_id = ?7 and ", "<", "desc");
pub static PAGE_OLDEST_AT: Statement = page!("tickets.page_oldest_at", "station_id = ?7 and ", ">", "asc");

/// What was sent since a moment and is not served.
pub static UNSERVED: Statement =
    whole!("tickets.unserved", "asc", "select id from tickets where served = 0 and sent_at_ms >= ?1");

/// What nobody took in time, and still nobody did; alarmed since a moment.
pub static ALARMED: Statement =
    whole!("tickets.alarmed", "asc", "select id from tickets where alarmed_at_ms >= ?1 and ack_due_at_ms is not null");

/// Whom to tell that nobody took their ticket: due by ?1, and not so long ago that nobody waits.
pub static ALARMS_DUE: Statement = Statement::new(
    "tickets.alarms_due",
    "select id, order_id, station_id, device_id from tickets
     where alarmed_at_ms is null and ack_due_at_ms <= ?1 and ack_due_at_ms > ?2 order by ack_due_at_ms, id limit ?3",
);

pub static ALARM: Statement =
    Statement::new("tickets.alarm", "update tickets set alarmed_at_ms = ?2 where id = ?1 and alarmed_at_ms is null");

// The same dishes over all tickets of which nothing is ready yet. The plus keeps a station's whole history out of it.
macro_rules! to_make {
    ($name:literal, $station:literal) => {
        Statement::new(
            $name,
            concat!(
                "select l.name, l.variant, l.modifiers, sum(l.delta - l.cancelled), min(t.sent_at_ms)
                 from tickets t cross join ticket_lines l on l.ticket_id = t.id
                 where t.served = 0 and t.sent_at_ms >= ?1 and t.state <> 'bumped' and l.delta > l.cancelled",
                $station,
                " group by l.name, l.variant, l.modifiers order by min(t.sent_at_ms), l.name, l.variant, l.modifiers"
            ),
        )
        .scanning("groups and sorts what the kitchen has in hand: a screenful")
    };
}

pub static TO_MAKE: Statement = to_make!("ticket_lines.to_make", "");
pub static TO_MAKE_AT: Statement = to_make!("ticket_lines.to_make_at", " and +t.station_id = ?2");

// Nearly every ticket there is was bumped: the plus keeps the index of states out of it.
/// How long each ticket took that was sent from ?1 until before ?2, with its station.
pub static TOOK: Statement = Statement::new(
    "tickets.took",
    "select t.sent_at_ms, t.bumped_at_ms, t.served_at_ms, t.late_at_ms, t.station_id from tickets t
     where t.sent_at_ms >= ?1 and t.sent_at_ms < ?2 and t.kind = 'new' and +t.state = 'bumped'
       -- what was taken back before it was ready took no time
       and (select sum(l.delta - l.dropped) from ticket_lines l where l.ticket_id = t.id) > 0
     order by t.sent_at_ms",
);

/// The same by dish: each line of such a ticket took what its ticket took.
pub static TOOK_BY_ITEM: Statement = Statement::new(
    "ticket_lines.took",
    "select t.sent_at_ms, t.bumped_at_ms, t.served_at_ms, t.late_at_ms, l.item_id, l.name
     from tickets t cross join ticket_lines l on l.ticket_id = t.id
     where t.sent_at_ms >= ?1 and t.sent_at_ms < ?2 and t.kind = 'new' and +t.state = 'bumped' and l.delta > 0 and l.moved = 0
       and (select sum(o.delta - o.dropped) from ticket_lines o where o.ticket_id = l.ticket_id and o.line_id = l.line_id) > 0
     order by t.sent_at_ms",
);

pub static TOTAL: Statement =
    Statement::new("ticket_counts.total", "select coalesce(sum(n), 0) from ticket_counts where state in (?1, ?2, ?3)")
        .scanning("a row for each state of each station");

pub static TOTAL_AT: Statement = Statement::new(
    "ticket_counts.total_at",
    "select coalesce(sum(n), 0) from ticket_counts where station_id = ?4 and state in (?1, ?2, ?3)",
);

/// When the oldest ticket in a state was sent, of those sent since ?2; only the newest 500 of that state are
/// looked at, since a house without a printer has all its tickets in one. Who has more waiting waits long.
/// Where nobody waits for a station to take its tickets, none of them counts.
pub static OLDEST_SINCE: Statement = Statement::new(
    "tickets.oldest_since",
    "select min(sent_at_ms)
     from (select sent_at_ms, ack_due_at_ms from tickets where state = ?1 order by id desc limit 500)
     where sent_at_ms >= ?2 and ack_due_at_ms is not null",
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

/// Lines of which not as much is marked as taken back as was cancelled.
pub static CANCELLED_WRONG: Statement = Statement::new(
    "ticket_lines.cancelled_wrong",
    "select order_id, line_id, sum(cancelled), -coalesce(sum(case when delta < 0 then delta end), 0)
     from ticket_lines group by order_id, line_id
     having sum(cancelled) <> -coalesce(sum(case when delta < 0 then delta end), 0)",
)
.scanning("adds up the whole ledger, for `comanda check` alone");

/// Tickets whose own state is not that of their lines, or does not fit their times.
pub static STAGES_WRONG: Statement = Statement::new(
    "tickets.stages_wrong",
    "select t.id from tickets t
     where (t.state = 'bumped') <> (t.bumped_at_ms is not null) or (t.served = 1 and t.state <> 'bumped')
       or exists (select 1 from ticket_lines l where l.ticket_id = t.id
                  and l.state <> case when t.served = 1 then 'served' when t.state = 'bumped' then 'ready' else 'sent' end)",
)
.scanning("looks at every ticket, for `comanda check` alone");

pub static ALL: &[&Statement] = &[
    &TICKET_ADD,
    &LINE_ADD,
    &LINES_MOVED,
    &ORDERS_WITH,
    &CHANGE_ADD,
    &CHANGES_OF,
    &LEDGER,
    &GIVE_UP,
    &TAKE_BACK,
    &STOP_WAITING,
    &ORDERS_SHARING,
    &STANDING,
    &LINES_KEEP_SERVICE,
    &TICKET_REHEAD,
    &STATIONS_COOKING,
    &RETABLE,
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
    &UNSERVED,
    &ALARMED,
    &ALARMS_DUE,
    &ALARM,
    &TO_MAKE,
    &TO_MAKE_AT,
    &TOOK,
    &TOOK_BY_ITEM,
    &COUNTS_WRONG,
    &CANCELLED_WRONG,
    &STAGES_WRONG,
];

crate::store::word_columns! { TicketKind What }

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

impl FromSql for TicketState {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::parse(value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}

/// How far a ticket is, from three columns: its state, whether it was printed, whether it was served.
pub fn stage(row: &Row<'_>, at: usize) -> rusqlite::Result<Stage> {
    let lines = match (row.get::<_, bool>(at + 2)?, row.get(at)?) {
        (true, _) => LineState::Served,
        (false, TicketState::Bumped) => LineState::Ready,
        (false, TicketState::New | TicketState::Printed) => LineState::Sent,
    };
    Ok(Stage { printed: row.get(at + 1)?, lines })
}

/// A ticket's head and one of its lines, where it has any.
pub fn ticket_and_line(row: &Row<'_>) -> rusqlite::Result<(Ticket, Option<TicketLine>)> {
    let ticket = Ticket {
        id: row.get(0)?,
        order: row.get(1)?,
        display_number: row.get(2)?,
        table_name: row.get(3)?,
        station: row.get(4)?,
        kind: row.get(5)?,
        stage: stage(row, 6)?,
        sent_at: row.get(9)?,
        ready_at: row.get(10)?,
        served_at: row.get(11)?,
        late_at: row.get(12)?,
        device: row.get(13)?,
        ack_due: row.get(14)?,
        alarmed_at: row.get(15)?,
        order_kind: row.get(16)?,
        service: row.get(17)?,
        lines: Vec::new(),
        changes: Vec::new(),
    };
    let Some(line) = row.get(18)? else { return Ok((ticket, None)) };
    let line = TicketLine {
        line,
        delta: row.get(19)?,
        cancelled: row.get(20)?,
        had: row.get(21)?,
        name: row.get(22)?,
        variant: row.get(23)?,
        modifiers: row.get(24)?,
        note: row.get(25)?,
        seat: row.get(26)?,
        course: row.get(27)?,
        service: row.get(28)?,
    };
    Ok((ticket, Some(line)))
}

pub fn change(row: &Row<'_>) -> rusqlite::Result<Change> {
    let of = match row.get(0)? {
        Some(line) => Some(Changed { line, name: row.get(1)?, variant: row.get(2)?, quantity: row.get(3)? }),
        None => None,
    };
    Ok(Change { of, what: row.get(4)?, was: row.get(5)?, now: row.get(6)? })
}

pub fn ledger_row(row: &Row<'_>) -> rusqlite::Result<LedgerRow> {
    let (ticket, station, line) = (row.get(4)?, row.get(5)?, row.get(6)?);
    let (delta, cancelled) = (row.get(1)?, row.get(2)?);
    Ok(LedgerRow { id: row.get(0)?, line, delta, cancelled, state: row.get(3)?, ticket, station })
}

pub fn to_make(row: &Row<'_>) -> rusqlite::Result<ToMake> {
    Ok(ToMake {
        name: row.get(0)?,
        variant: row.get(1)?,
        modifiers: row.get(2)?,
        quantity: row.get(3)?,
        oldest: row.get(4)?,
    })
}

/// A ticket that nobody took in time.
#[derive(Debug, Clone, Copy)]
pub struct Untaken {
    pub ticket: TicketId,
    pub order: OrderId,
    pub station: StationId,
    pub device: Option<DeviceId>,
}

pub fn untaken(row: &Row<'_>) -> rusqlite::Result<Untaken> {
    Ok(Untaken { ticket: row.get(0)?, order: row.get(1)?, station: row.get(2)?, device: row.get(3)? })
}

pub fn took(row: &Row<'_>) -> rusqlite::Result<Took> {
    Ok(Took { sent: row.get(0)?, ready: row.get::<_, UtcMs>(1)?, served: row.get(2)?, late_at: row.get(3)? })
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
