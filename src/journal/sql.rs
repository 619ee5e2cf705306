//! The journal's statements, and those of the site it belongs to.

use rusqlite::Row;

use super::clock::Jumped;
use super::model::Jump;
use crate::store::Statement;

pub static SITE_CREATE: Statement = Statement::new(
    "site.create",
    "insert into site (id, site_uuid, created_at_ms, timezone, cutoff_min, cutoff_before_min)
     values (1, ?1, ?2, ?3, ?4, ?4)",
);

pub static SITE: Statement = Statement::new(
    "site.get",
    "select site_uuid, epoch, timezone, cutoff_min, cutoff_before_min, cutoff_from_ms from site where id = 1",
);

pub static SITE_CALENDAR: Statement = Statement::new(
    "site.calendar",
    "update site set timezone = ?1, cutoff_min = ?2, cutoff_before_min = ?3, cutoff_from_ms = ?4 where id = 1",
);

pub static SITE_EPOCH: Statement = Statement::new("site.epoch", "update site set epoch = ?1 where id = 1");

/// The last record, of which the next one needs the number, the hash, the time and the date.
pub static HEAD: Statement =
    Statement::new("journal.head", "select seq, hash, at_utc_ms, business_date from journal order by seq desc limit 1")
        .scanning("one step: the last row by its key");

pub static APPEND: Statement = Statement::new(
    "journal.append",
    "insert into journal (seq, epoch, kind, at_utc_ms, business_date, device, staff, subject, version, payload, prev_hash, hash)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
);

pub static AFTER: Statement = Statement::new(
    "journal.after",
    "select seq, epoch, kind, at_utc_ms, business_date, device, staff, subject, version, payload, prev_hash, hash
     from journal where seq > ?1 order by seq limit ?2",
);

/// What streams tell: no payload.
pub static EVENTS_AFTER: Statement = Statement::new(
    "journal.events_after",
    "select seq, kind, subject, version from journal where seq > ?1 order by seq limit ?2",
);

pub static FIRST_SEQ: Statement = Statement::new("journal.first_seq", "select min(seq) from journal");

pub static JUMP_ADD: Statement = Statement::new(
    "clock.add_jump",
    "insert into clock_jumps (seq, direction, from_ms, to_ms) values (?1, ?2, ?3, ?4)",
);

pub static JUMP_CONFIRM: Statement =
    Statement::new("clock.confirm_jump", "update clock_jumps set confirmed_seq = ?2 where seq = ?1");

/// By an index that holds no others.
pub static JUMPS_UNCONFIRMED: Statement = Statement::new(
    "clock.unconfirmed",
    "select seq, direction, from_ms, to_ms, confirmed_seq from clock_jumps where confirmed_seq is null
     order by seq limit ?1",
)
.scanning("reads what nobody has confirmed yet: most often nothing");

pub static JUMPS_WITHIN: Statement = Statement::new(
    "clock.jumps_within",
    "select seq, direction, from_ms, to_ms, confirmed_seq from clock_jumps where seq between ?1 and ?2
     order by seq limit ?3",
);

pub static JUMPS: Statement =
    Statement::new("clock.jumps", "select seq, direction, from_ms, to_ms, confirmed_seq from clock_jumps order by seq")
        .scanning("reads all of them, for `comanda check` alone");

pub static ALL: &[&Statement] = &[
    &SITE_CREATE,
    &SITE,
    &SITE_CALENDAR,
    &SITE_EPOCH,
    &HEAD,
    &APPEND,
    &AFTER,
    &EVENTS_AFTER,
    &FIRST_SEQ,
    &JUMP_ADD,
    &JUMP_CONFIRM,
    &JUMPS_UNCONFIRMED,
    &JUMPS_WITHIN,
    &JUMPS,
];

pub fn jumped(row: &Row<'_>) -> rusqlite::Result<Jumped> {
    let word: String = row.get(1)?;
    let unknown = || rusqlite::Error::InvalidColumnName(format!("direction {word:?}"));
    Ok(Jumped {
        seq: row.get(0)?,
        jump: Jump::parse(&word).ok_or_else(unknown)?,
        from: row.get(2)?,
        to: row.get(3)?,
        confirmed: row.get(4)?,
    })
}

/// The last record, as far as the next one builds on it.
pub struct Head {
    pub seq: i64,
    pub hash: [u8; 32],
    pub at_utc_ms: i64,
    pub business_date: String,
}

pub fn head(row: &Row<'_>) -> rusqlite::Result<Head> {
    Ok(Head { seq: row.get(0)?, hash: row.get(1)?, at_utc_ms: row.get(2)?, business_date: row.get(3)? })
}

/// A whole record as stored.
#[derive(Debug, Clone)]
pub struct Record {
    pub seq: i64,
    pub epoch: i64,
    pub kind: String,
    pub at_utc_ms: i64,
    pub business_date: String,
    pub device: Option<i64>,
    pub staff: Option<i64>,
    pub subject: i64,
    pub version: i64,
    pub payload: String,
    pub prev_hash: [u8; 32],
    pub hash: [u8; 32],
}

pub fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    Ok(Record {
        seq: row.get(0)?,
        epoch: row.get(1)?,
        kind: row.get(2)?,
        at_utc_ms: row.get(3)?,
        business_date: row.get(4)?,
        device: row.get(5)?,
        staff: row.get(6)?,
        subject: row.get(7)?,
        version: row.get(8)?,
        payload: row.get(9)?,
        prev_hash: row.get(10)?,
        hash: row.get(11)?,
    })
}

/// A record as a live event tells it.
#[derive(Debug, Clone)]
pub struct Event {
    pub seq: i64,
    pub kind: String,
    pub subject: i64,
    pub version: i64,
}

pub fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event { seq: row.get(0)?, kind: row.get(1)?, subject: row.get(2)?, version: row.get(3)? })
}
