//! The statements of the stats page's sessions.

use crate::kernel::ids::{DeviceId, StaffId};
use crate::kernel::permission::Permission;
use crate::staff::sql::parse_role;
use crate::store::{Row, Statement};
use crate::web::Actor;
use crate::web::guard::Scope;

pub static INSERT: Statement = Statement::new(
    "stats_sessions.insert",
    "insert into stats_sessions (token_hash, staff_id, started_at_ms, expires_at_ms) values (?1, ?2, ?3, ?4)",
);

pub static BY_TOKEN: Statement = Statement::new(
    "stats_sessions.by_token",
    "select s.staff_id, p.role, s.expires_at_ms from stats_sessions s join staff p on p.id = s.staff_id
     where s.token_hash = ?1 and p.archived = 0",
);

pub static END: Statement = Statement::new("stats_sessions.end", "delete from stats_sessions where token_hash = ?1");

/// Those of the last hours alone are here: they go when they have expired.
pub static END_STAFF: Statement =
    Statement::new("stats_sessions.end_staff", "delete from stats_sessions where staff_id = ?1")
        .scanning("who looks at figures just now: a few rows");

pub static END_ALL: Statement = Statement::new("stats_sessions.end_all", "delete from stats_sessions")
    .scanning("ends them all, as a restore does: a few rows");

pub static EXPIRE: Statement =
    Statement::new("stats_sessions.expire", "delete from stats_sessions where expires_at_ms <= ?1")
        .scanning("who looks at figures just now: a few rows");

// ── wrong PINs ───────────────────────────────────────────────────────────────

pub static TRIES: Statement =
    Statement::new("stats_tries.get", "select failures, last_at_ms from stats_tries where who_hash = ?1");

pub static TRIES_COUNTED: Statement =
    Statement::new("stats_tries.counted", "select count(*) from stats_tries where last_at_ms >= ?1");

pub static TRIES_EXPIRE: Statement =
    Statement::new("stats_tries.expire", "delete from stats_tries where last_at_ms < ?1");

pub static TRY_COUNT: Statement = Statement::new(
    "stats_tries.count",
    "insert into stats_tries (who_hash, failures, last_at_ms) values (?1, 1, ?2)
     on conflict (who_hash) do update set failures = failures + 1, last_at_ms = excluded.last_at_ms",
);

pub static TRY_GIVE_BACK: Statement = Statement::new(
    "stats_tries.give_back",
    "update stats_tries set failures = failures - 1 where who_hash = ?1 and failures > 0",
);

pub static TRIES_FORGET: Statement =
    Statement::new("stats_tries.forget", "delete from stats_tries where who_hash = ?1");

pub static ALL: &[&Statement] = &[
    &INSERT,
    &BY_TOKEN,
    &END,
    &END_STAFF,
    &END_ALL,
    &EXPIRE,
    &TRIES,
    &TRIES_COUNTED,
    &TRIES_EXPIRE,
    &TRY_COUNT,
    &TRY_GIVE_BACK,
    &TRIES_FORGET,
];

/// Whoever looks at the page; none where their role may no longer.
pub fn actor(row: &Row<'_>) -> rusqlite::Result<Option<Actor>> {
    let staff: StaffId = row.get(0)?;
    let role = parse_role(1, &row.get::<_, String>(1)?)?;
    let actor = Actor {
        // No device has this number, and no call that is open to such a token names its device.
        device: DeviceId::new(0),
        staff: Some(staff),
        role: None,
        session: None,
        expires_at: Some(row.get(2)?),
        scope: Scope::Stats,
        approval: None,
    };
    Ok(role.may(Permission::SeeStats).then_some(actor))
}
