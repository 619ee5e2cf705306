//! The statements of the time clock.

use super::model::{Break, Entry, NamedEntry, State};
use crate::kernel::ids::TimeEntryId;
use crate::store::{Row, Statement};

crate::store::word_columns! { State }

macro_rules! entry {
    ($rest:literal) => {
        concat!(
            "select e.id, e.staff_id, e.state, e.started_at_ms, e.ended_at_ms, e.business_date, e.hourly_wage, e.version,
       s.name, e.tip_share
     from time_entries e join staff s on s.id = e.staff_id ",
            $rest
        )
    };
}

pub static GET: Statement = Statement::new("time_entries.get", entry!("where e.id = ?1"));

pub static OPEN_OF: Statement =
    Statement::new("time_entries.open_of", entry!("where e.staff_id = ?1 and e.state = 'open'"));

/// Everybody who is at work.
pub static OPEN: Statement = Statement::new("time_entries.open", entry!("where e.state = 'open' order by e.staff_id"))
    .scanning("reads the index of open entries: a row somebody at work");

/// Newest first.
pub static LIST: Statement = Statement::new(
    "time_entries.list",
    entry!("where e.business_date between ?1 and ?2 order by e.business_date desc, e.id desc"),
);

pub static BREAKS: Statement = Statement::new(
    "time_breaks.of_entry",
    "select entry_id, started_at_ms, ended_at_ms, paid from time_breaks where entry_id = ?1 order by id",
);

/// Of all entries of some days.
pub static BREAKS_OF_DAYS: Statement = Statement::new(
    "time_breaks.of_days",
    "select b.entry_id, b.started_at_ms, b.ended_at_ms, b.paid
     from time_entries e join time_breaks b on b.entry_id = e.id
     where e.business_date between ?1 and ?2 order by e.business_date, e.id, b.id",
);

/// Of everybody who is at work.
pub static BREAKS_OF_OPEN: Statement = Statement::new(
    "time_breaks.of_open",
    "select b.entry_id, b.started_at_ms, b.ended_at_ms, b.paid
     from time_entries e join time_breaks b on b.entry_id = e.id where e.state = 'open' order by e.id, b.id",
)
.scanning("reads the index of open entries: a row somebody at work");

/// Another entry of somebody that lies in part within ?3 to ?4.
pub static OVERLAPPING: Statement = Statement::new(
    "time_entries.overlapping",
    "select id from time_entries
     where staff_id = ?1 and id <> ?2 and state <> 'cancelled' and started_at_ms < ?4
       and coalesce(ended_at_ms, 9223372036854775807) > ?3 limit 1",
);

pub static INSERT: Statement = Statement::new(
    "time_entries.insert",
    "insert into time_entries (staff_id, state, started_at_ms, business_date, hourly_wage, tip_share)
     values (?1, 'open', ?2, ?3, ?4, ?5)",
);

pub static UPDATE: Statement = Statement::new(
    "time_entries.update",
    "update time_entries set state = ?2, started_at_ms = ?3, ended_at_ms = ?4, business_date = ?5, hourly_wage = ?6,
       version = ?7
     where id = ?1",
);

pub static BREAKS_CLEAR: Statement = Statement::new("time_breaks.clear", "delete from time_breaks where entry_id = ?1");

pub static BREAK_INSERT: Statement = Statement::new(
    "time_breaks.insert",
    "insert into time_breaks (entry_id, started_at_ms, ended_at_ms, paid) values (?1, ?2, ?3, ?4)",
);

pub static ALL_ENTRIES: Statement = Statement::new("time_entries.verify", entry!("order by e.id"))
    .scanning("reads every entry, for `comanda check` alone");

pub static ALL_BREAKS: Statement = Statement::new(
    "time_breaks.verify",
    "select entry_id, started_at_ms, ended_at_ms, paid from time_breaks order by entry_id, id",
)
.scanning("reads every break, for `comanda check` alone");

pub static ALL: &[&Statement] = &[
    &GET,
    &OPEN_OF,
    &OPEN,
    &LIST,
    &BREAKS,
    &BREAKS_OF_DAYS,
    &BREAKS_OF_OPEN,
    &OVERLAPPING,
    &INSERT,
    &UPDATE,
    &BREAKS_CLEAR,
    &BREAK_INSERT,
    &ALL_ENTRIES,
    &ALL_BREAKS,
];

/// Without its breaks.
pub(super) fn entry(row: &Row<'_>) -> rusqlite::Result<NamedEntry> {
    Ok(NamedEntry {
        entry: Entry {
            id: row.get(0)?,
            staff: row.get(1)?,
            state: row.get(2)?,
            from: row.get(3)?,
            to: row.get(4)?,
            date: row.get(5)?,
            hourly_wage: row.get(6)?,
            tip_share: row.get(9)?,
            version: row.get(7)?,
            breaks: Vec::new(),
        },
        name: row.get(8)?,
    })
}

pub(super) fn a_break(row: &Row<'_>) -> rusqlite::Result<(TimeEntryId, Break)> {
    Ok((row.get(0)?, Break { from: row.get(1)?, to: row.get(2)?, paid: row.get(3)? }))
}
