//! Begins and ends the stats page's sessions.

use super::sql;
use crate::cache::Tag;
use crate::error::{Refusal, Result};
use crate::journal::{self, Kind, Stamp};
use crate::kernel::day::UtcMs;
use crate::kernel::ids::StaffId;
use crate::kernel::permission::Permission;
use crate::staff::model::Staff;
use crate::staff::ops::{active, meant};
use crate::staff::records::ViewingRecord;
use crate::staff::secret::{self, TokenKind};
use crate::staff::sql::PIN_HASH;
use crate::store::{Read, Tx};
use crate::web::Actor;
use crate::web::guard::{TokenHash, token_hash};

/// How long a look at the page may last: a shift.
pub const VIEWING_MS: i64 = 8 * 60 * 60 * 1000;

/// Somebody the typed name may mean, and the PIN that would prove it.
#[derive(Debug)]
pub struct Candidate {
    staff: StaffId,
    pub pin_hash: String,
}

/// Whoever is meant by a name, whatever its capitals, or by a staff number; nobody where several are, or
/// where they may not see statistics.
pub fn candidate(db: &impl Read, typed: &str) -> Result<Option<Candidate>> {
    let Some(id) = meant(db, typed)? else { return Ok(None) };
    let Some(staff) = active(db, id)? else { return Ok(None) };
    if !staff.role.may(Permission::SeeStats) {
        return Ok(None);
    }
    let hash = db.opt(&PIN_HASH, [staff.id], |row| row.get(0))?;
    Ok(hash.map(|pin_hash| Candidate { staff: staff.id, pin_hash }))
}

/// Somebody looking at the page.
#[derive(Debug)]
pub struct Viewing {
    /// Shown once and never stored.
    pub token: String,
    pub staff: Staff,
    pub expires_at: UtcMs,
}

/// Signs in whose PIN was right.
///
/// # Errors
/// [`Refusal::PinWrong`] where PIN or role changed meanwhile.
pub fn sign_in(tx: &Tx<'_>, mut stamp: Stamp, proven: &Candidate) -> Result<Viewing> {
    let hash_now: Option<String> = tx.opt(&PIN_HASH, [proven.staff], |row| row.get(0))?;
    let staff = active(tx, proven.staff)?.ok_or(Refusal::PinWrong)?;
    if hash_now.as_deref() != Some(&proven.pin_hash) || !staff.role.may(Permission::SeeStats) {
        return Err(Refusal::PinWrong.into());
    }
    tx.run(&sql::EXPIRE, [stamp.at])?;
    let token = secret::token(TokenKind::Viewing)?;
    let expires_at = stamp.at.plus_ms(VIEWING_MS);
    let id = tx.insert(&sql::INSERT, (token_hash(&token), staff.id, stamp.at, expires_at))?;
    stamp.staff = Some(staff.id);
    journal::ops::append(tx, &stamp, Kind::SignedIn, staff.id.get(), 0, &ViewingRecord { stats_session: id })?;
    Ok(Viewing { token, staff, expires_at })
}

/// Ends the session of this token.
pub fn sign_out(tx: &Tx<'_>, hash: &TokenHash) -> Result<()> {
    tx.run(&sql::END, [hash])?;
    tx.touch(Tag::Staff);
    Ok(())
}

/// Ends all of somebody's.
pub(in crate::staff) fn end_of(tx: &Tx<'_>, staff: StaffId) -> Result<()> {
    tx.run(&sql::END_STAFF, [staff])?;
    Ok(())
}

/// Ends everybody's.
pub(in crate::staff) fn end_all(tx: &Tx<'_>) -> Result<()> {
    tx.run(&sql::END_ALL, ())?;
    Ok(())
}

pub(in crate::staff) fn actor(db: &impl Read, hash: &TokenHash) -> Result<Option<Actor>> {
    Ok(db.opt(&sql::BY_TOKEN, [hash], sql::actor)?.flatten())
}
