//! The statements of drawers.

use super::model::{Change, Count, Denomination, Drawer, End, Event, EventKind, Holder, Owner, SinceZ, State, Sum};
use crate::kernel::money::Money;
use crate::store::{Row, Statement};

crate::store::word_columns! { Owner State EventKind }

macro_rules! drawer {
    ($($rest:literal)*) => {
        concat!(
            "select d.id, d.device_id, v.name, d.staff_id, s.name, d.state, d.float, d.business_date, d.opened_at_ms,
       d.opened_by, d.from_id, (select n.id from drawers n where n.from_id = d.id), d.counted, d.over_short,
       d.counted_at_ms, d.counted_by, d.closed_at_ms, d.closed_date, d.closed_by,
       (select coalesce(sum(m.amount), 0) from drawer_sums m where m.drawer_id = d.id)",
            $($rest),*
        )
    };
}

macro_rules! named {
    () => {
        " from drawers d left join devices v on v.id = d.device_id left join staff s on s.id = d.staff_id "
    };
}

/// What is open: a till or a purse a row.
pub static OPEN: Statement = Statement::new(
    "drawers.open",
    "select id, device_id, staff_id, opened_at_ms from drawers where state = 'open' order by id",
);

/// The drawers that were open at ?2 and ?1's own, or the till ?3's; of two at that very moment the later one first.
pub static THEN: Statement = Statement::new(
    "drawers.then",
    "select id, device_id, staff_id, opened_at_ms from drawers
     where opened_at_ms <= ?2 and (closed_at_ms is null or closed_at_ms >= ?2) and (staff_id = ?1 or device_id = ?3)
     order by id desc",
)
.scanning("reads a dozen drawers a day, when a wrong tender is set right");

pub static GET: Statement = Statement::new("drawers.get", concat!(drawer!(), named!(), "where d.id = ?1"));

/// ?1 the newest that is asked for, ?2 how many, ?3 past how many of them.
pub static LIST: Statement = Statement::new(
    "drawers.list",
    concat!(drawer!(), named!(), "where d.id <= ?1 order by d.id desc limit ?2 offset ?3"),
);

/// ?4 the state.
pub static LIST_STATE: Statement = Statement::new(
    "drawers.list_state",
    concat!(drawer!(), named!(), "where d.state = ?4 and d.id <= ?1 order by d.id desc limit ?2 offset ?3"),
);

pub static TOTAL: Statement = Statement::new("drawers.total", "select count(*) from drawers")
    .scanning("counts by the smallest index: a dozen drawers a day");

pub static TOTAL_STATE: Statement =
    Statement::new("drawers.total_state", "select count(*) from drawers where state = ?1");

pub static INSERT: Statement = Statement::new(
    "drawers.insert",
    "insert into drawers (owner, device_id, staff_id, state, float, business_date, opened_at_ms, opened_by, from_id)
     values (?1, ?2, ?3, 'open', ?4, ?5, ?6, ?7, ?8)",
);

pub static COUNTED: Statement = Statement::new(
    "drawers.counted",
    "update drawers set counted = ?2, over_short = ?3, counted_at_ms = ?4, counted_by = ?5 where id = ?1",
);

pub static END: Statement = Statement::new(
    "drawers.end",
    "update drawers set state = ?2, closed_at_ms = ?3, closed_date = ?4, closed_by = ?5, closed_z = ?6 where id = ?1",
);

pub static AMEND_OVER_SHORT: Statement =
    Statement::new("drawers.amend_over_short", "update drawers set over_short = over_short + ?2 where id = ?1");

pub static EVENT_INSERT: Statement = Statement::new(
    "drawer_events.insert",
    "insert into drawer_events (drawer_id, kind, amount, counted, payment_id, tip_id, refund_id, reverses, for_staff_id,
       reason, late, staff_id, approved_by, device_id, z_number, business_date, at_ms)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
);

pub static SUM_ADD: Statement = Statement::new(
    "drawer_sums.add",
    "insert into drawer_sums (drawer_id, z_number, kind, n, amount) values (?1, ?2, ?3, 1, ?4)
     on conflict do update set n = n + 1, amount = amount + excluded.amount",
);

/// By kind, over all Zs that a drawer was carried over.
pub static SUMS: Statement = Statement::new(
    "drawer_sums.of_drawer",
    "select kind, sum(n), sum(amount) from drawer_sums where drawer_id = ?1 group by kind order by kind",
)
.scanning("sorts a row a kind and Z the drawer was carried over");

pub static COUNT_INSERT: Statement =
    Statement::new("drawer_counts.insert", "insert into drawer_counts (event_id, value, n) values (?1, ?2, ?3)");

/// Of a drawer's last count.
pub static COUNTS: Statement = Statement::new(
    "drawer_counts.last",
    "select value, n from drawer_counts
     where event_id = (select max(id) from drawer_events where drawer_id = ?1 and kind = 'counted') order by value desc",
);

macro_rules! event {
    ($rest:literal) => {
        concat!(
            "select e.id, e.kind, e.amount, e.counted, e.reverses,
       (select r.id from drawer_events r where r.reverses = e.id), e.for_staff_id, e.reason, e.late, e.staff_id,
       e.approved_by, e.business_date, e.at_ms
     from drawer_events e ",
            $rest
        )
    };
}

/// What people did, newest first: sales and refunds are in the sums.
pub static EVENTS: Statement = Statement::new(
    "drawer_events.by_hand",
    event!(
        "where e.drawer_id = ?1 and e.payment_id is null and e.tip_id is null and e.refund_id is null
     order by e.id desc limit ?2"
    ),
);

pub static EVENT: Statement = Statement::new("drawer_events.get", event!("where e.id = ?1 and e.drawer_id = ?2"));

/// The drawers that the Z ?1 tells: open, ended, or moved since the one before. With what each began at.
pub static SINCE_Z: Statement = Statement::new(
    "drawers.since_z",
    concat!(
        drawer!(
            ", d.float + (select coalesce(sum(m.amount), 0) from drawer_sums m where m.drawer_id = d.id and m.z_number < ?1)"
        ),
        named!(),
        "where d.id in (select id from drawers where state = 'open'
       union select id from drawers where closed_z = ?1
       union select drawer_id from drawer_sums where z_number = ?1) order by d.id"
    ),
);

pub static SUMS_OF_Z: Statement = Statement::new(
    "drawer_sums.of_z",
    "select drawer_id, kind, n, amount from drawer_sums where z_number = ?1 order by drawer_id, kind",
);

/// What was tendered into a drawer and given back as change.
pub static CHANGE: Statement = Statement::new(
    "drawer_events.change",
    "select coalesce(sum(p.tendered), 0), coalesce(sum(p.change_given), 0)
     from drawer_events e cross join payments p on p.id = e.payment_id where e.drawer_id = ?1",
);

/// The same by drawer, of what the Z ?1 covers.
pub static CHANGE_OF_Z: Statement = Statement::new(
    "drawer_events.change_of_z",
    "select e.drawer_id, sum(p.tendered), sum(p.change_given)
     from drawer_sums s cross join drawer_events e on e.drawer_id = s.drawer_id cross join payments p on p.id = e.payment_id
     where s.z_number = ?1 and s.kind = 'cash_sale' and e.z_number = ?1 group by e.drawer_id",
);

/// All sums by drawer, Z and kind, as they are kept.
pub static SUMS_KEPT: Statement = Statement::new(
    "drawer_sums.verify",
    "select drawer_id, z_number, kind, n, amount from drawer_sums order by drawer_id, z_number, kind",
)
.scanning("reads every sum, for `comanda check` alone");

/// The same of all events.
pub static SUMS_FOUND: Statement = Statement::new(
    "drawer_events.verify_sums",
    "select drawer_id, z_number, kind, count(*), sum(amount) from drawer_events group by drawer_id, z_number, kind",
)
.scanning("reads every event, for `comanda check` alone");

/// Every drawer that was counted: what stands on its row, and what its events come to. The last count
/// was held against all that came before it, and what is late moved that since.
pub static COUNTS_WRONG: Statement = Statement::new(
    "drawers.verify",
    "with last as (
       select d.id, d.counted, d.over_short, d.float,
         (select max(e.id) from drawer_events e where e.drawer_id = d.id and e.kind = 'counted') as event_id
       from drawers d
     ), truth as (
       select l.id, l.counted, l.over_short, (select e.counted from drawer_events e where e.id = l.event_id) as was,
         l.float + (select coalesce(sum(e.amount), 0) from drawer_events e
           where e.drawer_id = l.id and (e.id < l.event_id or e.late = 1)) as expected
       from last l
     )
     select id, coalesce(counted, 0), coalesce(was, 0), coalesce(over_short, 0), coalesce(was - expected, 0) from truth
     where counted is not was or over_short is not was - expected",
)
.scanning("reads every drawer, for `comanda check` alone");

/// Tips handed out by day and by whose they were.
pub static TIPS_OUT: Statement = Statement::new(
    "drawer_events.verify_tips_out",
    "select business_date, for_staff_id, -sum(amount) from drawer_events
     where kind = 'tip_paid_out' and for_staff_id is not null group by business_date, for_staff_id",
)
.scanning("reads every event, for `comanda check` alone");

/// What counted drawers took and were over by day of their end, with what was set right later under its own: a slip
/// makes what lay there more, or less, of the takings; cash of the books is in them already.
pub static OVER_SHORT: Statement = Statement::new(
    "drawers.verify_over_short",
    "with truth (business_date, n, cash, amount) as (
       select d.closed_date, 1,
         (select coalesce(sum(e.amount), 0) from drawer_events e
          where e.drawer_id = d.id and e.late = 0 and e.kind in ('cash_sale', 'cash_refund')),
         d.over_short
         + (select coalesce(sum(e.amount), 0) from drawer_events e where e.drawer_id = d.id and e.late = 1)
       from drawers d where d.state <> 'open'
       union all
       select business_date, 0, iif(kind in ('cash_sale', 'cash_refund'), amount, 0), -amount from drawer_events
       where late = 1
     )
     select business_date, sum(n), sum(cash + amount), sum(amount) from truth group by business_date order by business_date",
)
.scanning("reads every drawer, for `comanda check` alone");

/// The records of what people did, by event: what each says of its amount.
pub static BY_HAND: Statement = Statement::new(
    "drawer_events.verify",
    "select id, drawer_id, kind, amount, coalesce(counted, 0), z_number from drawer_events
     where payment_id is null and tip_id is null and refund_id is null order by id",
)
.scanning("reads every event, for `comanda check` alone");

pub static ALL: &[&Statement] = &[
    &OPEN,
    &THEN,
    &GET,
    &LIST,
    &LIST_STATE,
    &TOTAL,
    &TOTAL_STATE,
    &INSERT,
    &COUNTED,
    &END,
    &AMEND_OVER_SHORT,
    &EVENT_INSERT,
    &SUM_ADD,
    &SUMS,
    &COUNT_INSERT,
    &COUNTS,
    &EVENTS,
    &EVENT,
    &SINCE_Z,
    &SUMS_OF_Z,
    &CHANGE,
    &CHANGE_OF_Z,
    &TIPS_OUT,
    &SUMS_KEPT,
    &SUMS_FOUND,
    &COUNTS_WRONG,
    &OVER_SHORT,
    &BY_HAND,
];

pub(super) fn holder(row: &Row<'_>) -> rusqlite::Result<Holder> {
    Ok(Holder { id: row.get(0)?, device: row.get(1)?, staff: row.get(2)?, opened_at: row.get(3)? })
}

pub(super) fn drawer(row: &Row<'_>) -> rusqlite::Result<Drawer> {
    let name = |column: usize| Ok::<String, rusqlite::Error>(row.get::<_, Option<String>>(column)?.unwrap_or_default());
    let (device_name, staff_name) = (name(2)?, name(4)?);
    let count = match row.get::<_, Option<Money>>(12)? {
        Some(counted) => Some(Count { counted, over_short: row.get(13)?, at: row.get(14)?, by: row.get(15)? }),
        None => None,
    };
    let end = match row.get(16)? {
        Some(at) => Some(End { at, date: row.get(17)?, by: row.get(18)? }),
        None => None,
    };
    Ok(Drawer {
        id: row.get(0)?,
        device: row.get::<_, Option<_>>(1)?.map(|id| (id, device_name)),
        staff: row.get::<_, Option<_>>(3)?.map(|id| (id, staff_name)),
        state: row.get(5)?,
        float: row.get(6)?,
        date: row.get(7)?,
        opened_at: row.get(8)?,
        opened_by: row.get(9)?,
        from: row.get(10)?,
        to: row.get(11)?,
        count,
        end,
        moved: row.get(19)?,
    })
}

/// Without its sums.
pub(super) fn since_z(row: &Row<'_>) -> rusqlite::Result<SinceZ> {
    Ok(SinceZ { drawer: drawer(row)?, start: row.get(20)?, sums: Vec::new(), change: Change::default() })
}

pub(super) fn sum(row: &Row<'_>, first: usize) -> rusqlite::Result<Sum> {
    Ok(Sum { kind: row.get(first)?, events: row.get(first + 1)?, amount: row.get(first + 2)? })
}

pub(super) fn change(row: &Row<'_>, first: usize) -> rusqlite::Result<Change> {
    Ok(Change { tendered: row.get(first)?, given: row.get(first + 1)? })
}

pub(super) fn denomination(row: &Row<'_>) -> rusqlite::Result<Denomination> {
    Ok(Denomination { value: row.get(0)?, count: row.get(1)? })
}

pub(super) fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event {
        id: row.get(0)?,
        kind: row.get(1)?,
        amount: row.get(2)?,
        counted: row.get(3)?,
        reverses: row.get(4)?,
        reversed_by: row.get(5)?,
        for_staff: row.get(6)?,
        reason: row.get(7)?,
        late: row.get(8)?,
        staff: row.get(9)?,
        approved_by: row.get(10)?,
        date: row.get(11)?,
        at: row.get(12)?,
    })
}
