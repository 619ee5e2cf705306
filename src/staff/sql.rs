//! The statements of staff, devices, sessions and failed PINs.

use super::model::{Device, Staff};
use crate::kernel::day::UtcMs;
use crate::kernel::ids::{DeviceId, SessionId};
use crate::kernel::permission::Role;
use crate::store::{Row, Statement};
use crate::web::Actor;
use crate::web::guard::Scope;

// ── staff ────────────────────────────────────────────────────────────────────

const CODES_ARE_FEW: &str = "codes live five minutes and are deleted then: a few rows";

const STAFF_ARE_FEW: &str = "a house's staff: a few dozen rows";

pub static LIST: Statement = Statement::new(
    "staff.list",
    "select id, name, role, archived, hourly_wage, tip_share from staff order by archived, name, id",
)
.scanning(STAFF_ARE_FEW);

pub static ACTIVE: Statement = Statement::new(
    "staff.active",
    "select id, name, role, archived, hourly_wage, tip_share from staff where archived = 0 order by name, id",
)
.scanning(STAFF_ARE_FEW);

pub static GET: Statement =
    Statement::new("staff.get", "select id, name, role, archived, hourly_wage, tip_share from staff where id = ?1");

pub static PIN_HASH: Statement =
    Statement::new("staff.pin_hash", "select pin_hash from staff where id = ?1 and archived = 0");

/// A few dozen people: no index is worth its writes.
pub static OTHER_OWNERS: Statement = Statement::new(
    "staff.other_owners",
    "select count(*) from staff where role = 'owner' and archived = 0 and id <> ?1",
)
.scanning(STAFF_ARE_FEW);

pub static INSERT: Statement =
    Statement::new("staff.insert", "insert into staff (name, role, pin_hash) values (?1, ?2, ?3)");

pub static UPDATE: Statement = Statement::new(
    "staff.update",
    "update staff set name = ?1, role = ?2, archived = ?3, hourly_wage = ?5, tip_share = ?6 where id = ?4",
);

pub static SET_PIN: Statement = Statement::new("staff.set_pin", "update staff set pin_hash = ?1 where id = ?2");

// ── wrong PINs ───────────────────────────────────────────────────────────────

pub static FAILURES: Statement = Statement::new(
    "pin_failures.get",
    "select failures, last_at_ms from pin_failures where device_id = ?1 and staff_id = ?2",
);

pub static FAILURE_COUNT: Statement = Statement::new(
    "pin_failures.count",
    "insert into pin_failures (device_id, staff_id, failures, last_at_ms) values (?1, ?2, 1, ?3)
     on conflict (device_id, staff_id) do update set failures = failures + 1, last_at_ms = excluded.last_at_ms",
);

pub static FAILURES_FORGET: Statement =
    Statement::new("pin_failures.forget", "delete from pin_failures where device_id = ?1 and staff_id = ?2");

pub static FAILURES_MOST: Statement =
    Statement::new("pin_failures.most", "select coalesce(max(failures), 0) from pin_failures where staff_id = ?1");

/// A few terminals times a few people.
pub static FAILURES_FORGET_STAFF: Statement =
    Statement::new("pin_failures.forget_staff", "delete from pin_failures where staff_id = ?1")
        .scanning("runs when a PIN is changed, over a row for each person at each terminal at most");

// ── devices and their pairing ────────────────────────────────────────────────

pub static DEVICES: Statement =
    Statement::new("devices.list", "select id, name, role, paired_at_ms, revoked_at_ms from devices order by id desc")
        .scanning("a house's terminals: a few dozen in all its years");

pub static DEVICE: Statement =
    Statement::new("devices.get", "select id, name, role, paired_at_ms, revoked_at_ms from devices where id = ?1");

pub static DEVICE_INSERT: Statement = Statement::new(
    "devices.insert",
    "insert into devices (name, kind, role, token_hash, paired_at_ms) values (?1, ?2, ?3, ?4, ?5)",
);

pub static DEVICE_REVOKE: Statement =
    Statement::new("devices.revoke", "update devices set revoked_at_ms = ?1 where id = ?2");

pub static DEVICE_BY_TOKEN: Statement =
    Statement::new("devices.by_token", "select id, role from devices where token_hash = ?1 and revoked_at_ms is null");

pub static CODE_INSERT: Statement = Statement::new(
    "pairing_codes.insert",
    "insert into pairing_codes (code_hash, made_at_ms, expires_at_ms) values (?1, ?2, ?3)",
);

/// Codes are few: old ones go when a new one is made.
pub static CODES_EXPIRE: Statement =
    Statement::new("pairing_codes.expire", "delete from pairing_codes where expires_at_ms < ?1")
        .scanning(CODES_ARE_FEW);

pub static CODE_USE: Statement = Statement::new(
    "pairing_codes.use",
    "update pairing_codes set used_at_ms = ?1
     where code_hash = ?2 and used_at_ms is null and expires_at_ms > ?1 and tries < ?3",
)
.scanning(CODES_ARE_FEW);

pub static CODES_COUNT_TRY: Statement = Statement::new(
    "pairing_codes.count_try",
    "update pairing_codes set tries = tries + 1 where used_at_ms is null and expires_at_ms > ?1",
)
.scanning(CODES_ARE_FEW);

// ── sessions ─────────────────────────────────────────────────────────────────

pub static SESSION_INSERT: Statement = Statement::new(
    "sessions.insert",
    "insert into sessions (token_hash, staff_id, device_id, started_at_ms, expires_at_ms)
     values (?1, ?2, ?3, ?4, ?5)",
);

pub static SESSION_BY_TOKEN: Statement = Statement::new(
    "sessions.by_token",
    "select s.id, s.device_id, s.staff_id, p.role, s.expires_at_ms, max(s.seen_at_ms, s.started_at_ms)
     from sessions s join devices d on d.id = s.device_id join staff p on p.id = s.staff_id
     where s.token_hash = ?1 and s.ended_at_ms is null and d.revoked_at_ms is null and p.archived = 0",
);

/// Whether a session stands for somebody at the moment of a write.
pub static SESSION_STANDS: Statement = Statement::new(
    "sessions.stands",
    "select count(*) from sessions s join devices d on d.id = s.device_id join staff p on p.id = s.staff_id
     where s.id = ?1 and s.ended_at_ms is null and d.revoked_at_ms is null and p.archived = 0",
);

/// The same of a device.
pub static DEVICE_STANDS: Statement =
    Statement::new("devices.stands", "select count(*) from devices where id = ?1 and revoked_at_ms is null");

pub static SESSION_SEEN: Statement =
    Statement::new("sessions.seen", "update sessions set seen_at_ms = ?1 where id = ?2 and seen_at_ms < ?1");

pub static SESSION_END: Statement =
    Statement::new("sessions.end", "update sessions set ended_at_ms = ?1 where id = ?2 and ended_at_ms is null");

const SESSIONS_ARE_FEW: &str =
    "expired sessions are deleted at every sign-in, so only those of the last hours are here";

pub static SESSIONS_END_STAFF: Statement = Statement::new(
    "sessions.end_staff",
    "update sessions set ended_at_ms = ?1 where staff_id = ?2 and ended_at_ms is null",
)
.scanning(SESSIONS_ARE_FEW);

pub static SESSIONS_END_DEVICE: Statement = Statement::new(
    "sessions.end_device",
    "update sessions set ended_at_ms = ?1 where device_id = ?2 and ended_at_ms is null",
)
.scanning(SESSIONS_ARE_FEW);

pub static SESSIONS_END_ALL: Statement =
    Statement::new("sessions.end_all", "update sessions set ended_at_ms = ?1 where ended_at_ms is null")
        .scanning(SESSIONS_ARE_FEW);

/// The journal remembers who signed in. Ids rise with time, so the first rows are the oldest.
pub static SESSIONS_EXPIRE: Statement = Statement::new(
    "sessions.expire",
    "delete from sessions where id in
       (select id from (select id, expires_at_ms from sessions order by id limit 16) where expires_at_ms < ?1)",
)
.scanning("looks at the sixteen oldest by their key");

pub static ALL: &[&Statement] = &[
    &LIST,
    &ACTIVE,
    &GET,
    &PIN_HASH,
    &OTHER_OWNERS,
    &INSERT,
    &UPDATE,
    &SET_PIN,
    &FAILURES,
    &FAILURE_COUNT,
    &FAILURES_FORGET,
    &FAILURES_MOST,
    &FAILURES_FORGET_STAFF,
    &DEVICES,
    &DEVICE,
    &DEVICE_INSERT,
    &DEVICE_REVOKE,
    &DEVICE_BY_TOKEN,
    &CODE_INSERT,
    &CODES_EXPIRE,
    &CODE_USE,
    &CODES_COUNT_TRY,
    &SESSION_INSERT,
    &SESSION_BY_TOKEN,
    &SESSION_STANDS,
    &DEVICE_STANDS,
    &SESSION_SEEN,
    &SESSION_END,
    &SESSIONS_END_STAFF,
    &SESSIONS_END_DEVICE,
    &SESSIONS_END_ALL,
    &SESSIONS_EXPIRE,
];

fn role(row: &Row<'_>, column: usize) -> rusqlite::Result<Role> {
    parse_role(column, &row.get::<_, String>(column)?)
}

pub(super) fn parse_role(column: usize, word: &str) -> rusqlite::Result<Role> {
    let text = rusqlite::types::Type::Text;
    Role::parse(word).map_err(|e| rusqlite::Error::FromSqlConversionFailure(column, text, e.detail.into()))
}

fn opt_role(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Role>> {
    row.get::<_, Option<String>>(column)?.map(|word| parse_role(column, &word)).transpose()
}

pub fn staff(row: &Row<'_>) -> rusqlite::Result<Staff> {
    Ok(Staff {
        id: row.get(0)?,
        name: row.get(1)?,
        role: role(row, 2)?,
        archived: row.get(3)?,
        hourly_wage: row.get(4)?,
        tip_share: row.get(5)?,
    })
}

pub fn device(row: &Row<'_>) -> rusqlite::Result<Device> {
    let (paired_at, revoked_at) = (row.get(3)?, row.get(4)?);
    Ok(Device { id: row.get(0)?, name: row.get(1)?, role: opt_role(row, 2)?, paired_at, revoked_at })
}

/// Whoever stands behind a device's token.
pub fn device_actor(row: &Row<'_>) -> rusqlite::Result<Actor> {
    let device: DeviceId = row.get(0)?;
    Ok(Actor {
        device,
        staff: None,
        role: opt_role(row, 1)?,
        session: None,
        expires_at: None,
        scope: Scope::Whole,
        approval: None,
    })
}

/// Whoever stands behind a session's token, and when a call last came with it.
pub fn session_actor(row: &Row<'_>) -> rusqlite::Result<(Actor, UtcMs)> {
    let session: SessionId = row.get(0)?;
    let actor = Actor {
        device: row.get(1)?,
        staff: Some(row.get(2)?),
        role: Some(role(row, 3)?),
        session: Some(session),
        expires_at: Some(row.get(4)?),
        scope: Scope::Whole,
        approval: None,
    };
    Ok((actor, row.get(5)?))
}
