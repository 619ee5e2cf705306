//! Hires, pairs, signs in and out.

use super::model::{
    Code, Device, FULL_SHARE, NewStaff, PAIRING_MS, PAIRING_TRIES_MAX, SESSION_MS, Staff, StaffEdit, decide_edit,
    may_set, may_try,
};
use super::records::{DeviceRecord, RefusedRecord, SessionRecord, StaffRecord, UnlockedRecord};
use super::secret::{self, TokenKind};
use super::viewing::{ops as viewing, tries};
use super::{defences::stands, sql};
use crate::cache::Tag;
use crate::error::{Refusal, Refused, Result};
use crate::journal::{self, Kind, Stamp};
use crate::kernel::day::UtcMs;
use crate::kernel::ids::{DeviceId, SessionId, StaffId};
use crate::kernel::permission::Role;
use crate::store::{Read, Tx};
use crate::web::Actor;
use crate::web::guard::{Scope, TokenHash, token_hash};

// ── staff ────────────────────────────────────────────────────────────────────

/// Everybody, those who left last.
pub fn all(db: &impl Read) -> Result<Vec<Staff>> {
    Ok(db.all(&sql::LIST, (), sql::staff)?)
}

/// Who can sign in, by name.
pub fn all_active(db: &impl Read) -> Result<Vec<Staff>> {
    Ok(db.all(&sql::ACTIVE, (), sql::staff)?)
}

/// Somebody's name, also when they have left.
pub fn name(db: &impl Read, id: StaffId) -> Result<Option<String>> {
    Ok(db.opt(&sql::GET, [id], sql::staff)?.map(|staff| staff.name))
}

/// Somebody who works here.
pub fn active(db: &impl Read, id: StaffId) -> Result<Option<Staff>> {
    Ok(db.opt(&sql::GET, [id], sql::staff)?.filter(|staff| !staff.archived))
}

/// Whoever works here and is meant by a name, whatever its capitals, or by a staff number; nobody where several
/// are.
pub fn meant(db: &impl Read, typed: &str) -> Result<Option<StaffId>> {
    let (folded, number) = (typed.trim().to_lowercase(), typed.trim().parse::<i64>().ok());
    let mut meant = all_active(db)?;
    meant.retain(|staff| staff.name.to_lowercase() == folded || Some(staff.id.get()) == number);
    Ok(if let [staff] = meant.as_slice() { Some(staff.id) } else { None })
}

/// Hires somebody, on the word of somebody of role `by`.
///
/// # Errors
/// [`Refusal::Forbidden`] for an owner by anybody else.
pub fn add(tx: &Tx<'_>, stamp: &Stamp, by: Role, new: NewStaff) -> Result<Staff> {
    may_set(by, new.role)?;
    let id = tx.insert(&sql::INSERT, (&new.name, new.role.as_str(), &new.pin_hash))?;
    let staff = Staff {
        id: StaffId::new(id),
        name: new.name,
        role: new.role,
        archived: false,
        hourly_wage: None,
        tip_share: FULL_SHARE,
    };
    journal::ops::append(tx, stamp, Kind::StaffChanged, id, 0, &StaffRecord::of(&staff, true))?;
    tx.touch(Tag::Staff);
    Ok(staff)
}

/// Changes somebody; a new role or PIN, leaving and coming back end their sessions.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::Forbidden`] for an owner by anybody else,
/// [`Refusal::LastOwner`].
pub fn edit(tx: &Tx<'_>, stamp: &Stamp, by: Role, id: StaffId, edit: &StaffEdit) -> Result<Staff> {
    let before = tx.opt(&sql::GET, [id], sql::staff)?;
    let before = before.ok_or_else(|| Refusal::NotFound.because(format!("Nobody here has the number {id}.")))?;
    let other_owners = || Ok(tx.one(&sql::OTHER_OWNERS, [id], |row| row.get(0))?);
    let change = decide_edit(by, &before, edit, other_owners)?;
    if change.after == before && edit.pin_hash.is_none() {
        return Ok(before);
    }
    let after = change.after;
    tx.run(&sql::UPDATE, (&after.name, after.role.as_str(), after.archived, id, after.hourly_wage, after.tip_share))?;
    if let Some(hash) = &edit.pin_hash {
        tx.run(&sql::SET_PIN, (hash, id))?;
        tx.run(&sql::FAILURES_FORGET_STAFF, [id])?;
        tries::forget(tx, &after)?;
    }
    if change.ends_sessions {
        tx.run(&sql::SESSIONS_END_STAFF, (stamp.at, id))?;
        viewing::end_of(tx, id)?;
    }
    let record = StaffRecord::of(&after, edit.pin_hash.is_some());
    journal::ops::append(tx, stamp, Kind::StaffChanged, id.get(), 0, &record)?;
    tx.touch(Tag::Staff);
    Ok(after)
}

// ── signing in ───────────────────────────────────────────────────────────────

/// A PIN that is being looked at.
#[derive(Debug, Clone)]
pub struct Try {
    pub staff: StaffId,
    /// None: nobody of that number works here.
    pub pin_hash: Option<String>,
}

/// Begins to try a PIN. The try counts as wrong until [`prove`] says otherwise, so that a hundred
/// sent at once are a hundred tries and not one.
///
/// # Errors
/// [`Refusal::TooManyTries`] with the seconds to wait, [`Refusal::PinLocked`] after too many.
pub fn begin_try(tx: &Tx<'_>, device: DeviceId, staff: StaffId, now: UtcMs) -> Result<Try> {
    let pin_hash = tx.opt(&sql::PIN_HASH, [staff], |row| row.get(0))?;
    if pin_hash.is_some() {
        let failures = tx.opt(&sql::FAILURES, (device, staff), |row| Ok((row.get(0)?, row.get(1)?)))?;
        if let Some((failures, last)) = failures.filter(|_| stands("pin_waits")) {
            may_try(failures, last, now)?;
        }
        tx.run(&sql::FAILURE_COUNT, (device, staff, now))?;
    }
    Ok(Try { staff, pin_hash })
}

/// Records that the PIN was wrong.
pub fn refuse_try(tx: &Tx<'_>, stamp: &Stamp, device: DeviceId, staff: StaffId) -> Result<()> {
    if active(tx, staff)?.is_none() {
        return Ok(());
    }
    let failures = tx.opt(&sql::FAILURES, (device, staff), |row| row.get(0))?.unwrap_or(0);
    journal::ops::append(tx, stamp, Kind::PinRefused, staff.get(), 0, &RefusedRecord { failures })?;
    Ok(())
}

/// Forgets somebody's wrong PINs, wherever they were typed, on a manager's word.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn unlock(tx: &Tx<'_>, stamp: &Stamp, id: StaffId) -> Result<Staff> {
    let nobody = || Refusal::NotFound.because(format!("Nobody here has the number {id}."));
    let staff = tx.opt(&sql::GET, [id], sql::staff)?.ok_or_else(nobody)?;
    let failures: i64 = tx.one(&sql::FAILURES_MOST, [id], |row| row.get(0))?;
    let failures = failures.max(tries::forget(tx, &staff)?);
    if failures > 0 {
        tx.run(&sql::FAILURES_FORGET_STAFF, [id])?;
        journal::ops::append(tx, stamp, Kind::PinUnlocked, id.get(), 0, &UnlockedRecord { failures })?;
    }
    Ok(staff)
}

/// Somebody signed in.
#[derive(Debug)]
pub struct Session {
    /// Shown once and never stored.
    pub token: String,
    pub staff: Staff,
    pub expires_at: UtcMs,
}

/// Whose PIN was right, their wrong ones forgotten.
///
/// # Errors
/// [`Refusal::PinWrong`] or [`Refusal::TokenInvalid`] where the PIN or the device changed meanwhile.
pub fn prove(tx: &Tx<'_>, device: DeviceId, tried: &Try) -> Result<Staff> {
    let hash_now: Option<String> = tx.opt(&sql::PIN_HASH, [tried.staff], |row| row.get(0))?;
    if hash_now.is_none() || hash_now != tried.pin_hash {
        return Err(Refusal::PinWrong.into());
    }
    let staff = active(tx, tried.staff)?.ok_or(Refusal::PinWrong)?;
    let terminal = tx.opt(&sql::DEVICE, [device], sql::device)?.filter(|d| d.revoked_at.is_none());
    terminal.ok_or(Refusal::TokenInvalid)?;
    forget_tries(tx, device, staff.id)?;
    Ok(staff)
}

/// Forgets somebody's wrong PINs at a device.
pub fn forget_tries(tx: &Tx<'_>, device: DeviceId, staff: StaffId) -> Result<()> {
    tx.run(&sql::FAILURES_FORGET, (device, staff))?;
    Ok(())
}

/// Signs in whose PIN was right.
///
/// # Errors
/// Those of [`prove`].
pub fn sign_in(tx: &Tx<'_>, mut stamp: Stamp, device: DeviceId, tried: &Try) -> Result<Session> {
    let staff = prove(tx, device, tried)?;
    if tx.run(&sql::SESSIONS_EXPIRE, [stamp.at])? > 0 {
        tx.touch(Tag::Staff);
    }
    let token = secret::token(TokenKind::Session)?;
    let expires_at = stamp.at.plus_ms(SESSION_MS);
    let session = tx.insert(&sql::SESSION_INSERT, (token_hash(&token), staff.id, device, stamp.at, expires_at))?;
    stamp.staff = Some(staff.id);
    journal::ops::append(tx, &stamp, Kind::SignedIn, staff.id.get(), 0, &SessionRecord { session })?;
    Ok(Session { token, staff, expires_at })
}

/// Ends one session.
pub fn sign_out(tx: &Tx<'_>, stamp: &Stamp, session: SessionId, staff: StaffId) -> Result<()> {
    if tx.run(&sql::SESSION_END, (stamp.at, session))? == 1 {
        let record = SessionRecord { session: session.get() };
        journal::ops::append(tx, stamp, Kind::SignedOut, staff.get(), 0, &record)?;
        tx.touch(Tag::Staff);
    }
    Ok(())
}

/// Ends everybody's, at terminals and at the stats page, as after a restore: one that was ended since the
/// backup, or whose PIN or role was changed since, would live again.
pub fn end_all(tx: &Tx<'_>, now: UtcMs) -> Result<()> {
    tx.run(&sql::SESSIONS_END_ALL, [now])?;
    viewing::end_all(tx)?;
    tx.touch(Tag::Staff);
    Ok(())
}

// ── devices ──────────────────────────────────────────────────────────────────

/// Terminals and integrations, newest first, revoked ones among them.
pub fn devices(db: &impl Read) -> Result<Vec<Device>> {
    Ok(db.all(&sql::DEVICES, (), sql::device)?)
}

/// A terminal or an integration, revoked or not.
pub fn device(db: &impl Read, id: DeviceId) -> Result<Option<Device>> {
    Ok(db.opt(&sql::DEVICE, [id], sql::device)?)
}

/// A code that pairs one terminal, once, within [`PAIRING_MS`].
#[derive(Debug)]
pub struct PairingCode {
    /// Shown once and never stored.
    pub code: Code,
    pub expires_at: UtcMs,
}

pub fn new_pairing_code(tx: &Tx<'_>, now: UtcMs) -> Result<PairingCode> {
    let code = secret::code()?;
    let expires_at = now.plus_ms(PAIRING_MS);
    tx.run(&sql::CODES_EXPIRE, [now])?;
    tx.insert(&sql::CODE_INSERT, (token_hash(code.as_str()), now, expires_at))?;
    Ok(PairingCode { code, expires_at })
}

/// A device and its token, which is shown once and never stored.
#[derive(Debug)]
pub struct Paired {
    pub device: Device,
    pub token: String,
}

/// Pairs a terminal by a code.
///
/// # Errors
/// [`Refusal::CodeWrong`]; the try is counted against every open code.
pub fn pair(tx: &Tx<'_>, stamp: Stamp, code: &Code, name: String) -> Result<Paired> {
    let now = stamp.at;
    if tx.run(&sql::CODE_USE, (now, token_hash(code.as_str()), PAIRING_TRIES_MAX))? == 0 {
        tx.if_refused(move |tx| {
            if stands("code_tries") {
                tx.run(&sql::CODES_COUNT_TRY, [now])?;
            }
            Ok(())
        });
        return Err(Refusal::CodeWrong.into());
    }
    add_device(tx, stamp, name, None)
}

/// Makes an integration: a device with a role of its own and no staff.
pub fn new_integration(tx: &Tx<'_>, stamp: Stamp, name: String, role: Role) -> Result<Paired> {
    add_device(tx, stamp, name, Some(role))
}

fn add_device(tx: &Tx<'_>, mut stamp: Stamp, name: String, role: Option<Role>) -> Result<Paired> {
    let token = secret::token(if role.is_some() { TokenKind::Integration } else { TokenKind::Device })?;
    let mut device = Device { id: DeviceId::new(0), name, role, paired_at: stamp.at, revoked_at: None };
    let role = device.role.map(Role::as_str);
    let id = tx.insert(&sql::DEVICE_INSERT, (&device.name, device.kind(), role, token_hash(&token), stamp.at))?;
    device.id = DeviceId::new(id);
    stamp.device = stamp.device.or(Some(device.id));
    journal::ops::append(tx, &stamp, Kind::DevicePaired, id, 0, &DeviceRecord::of(&device))?;
    tx.touch(Tag::Devices);
    Ok(Paired { device, token })
}

/// Revokes a device's token and ends its sessions. Revoking it again changes nothing.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn revoke(tx: &Tx<'_>, stamp: &Stamp, id: DeviceId) -> Result<()> {
    let none = || -> Refused { Refusal::NotFound.because(format!("There is no device {id}.")) };
    let device = tx.opt(&sql::DEVICE, [id], sql::device)?.ok_or_else(none)?;
    if device.revoked_at.is_some() {
        return Ok(());
    }
    tx.run(&sql::DEVICE_REVOKE, (stamp.at, id))?;
    tx.run(&sql::SESSIONS_END_DEVICE, (stamp.at, id))?;
    journal::ops::append(tx, stamp, Kind::DeviceRevoked, id.get(), 0, &DeviceRecord::of(&device))?;
    tx.touch(Tag::Devices);
    // Its sessions went too.
    tx.touch(Tag::Staff);
    Ok(())
}

// ── tokens ───────────────────────────────────────────────────────────────────

/// Whoever stands behind a token: a device, an integration, or somebody signed in on a device; for a session,
/// when a call last came with it.
pub fn actor(db: &impl Read, hash: &TokenHash) -> Result<Option<(Actor, Option<UtcMs>)>> {
    if let Some((actor, seen)) = db.opt(&sql::SESSION_BY_TOKEN, [hash], sql::session_actor)? {
        return Ok(Some((actor, Some(seen))));
    }
    let actor = match db.opt(&sql::DEVICE_BY_TOKEN, [hash], sql::device_actor)? {
        Some(actor) => Some(actor),
        None => viewing::actor(db, hash)?,
    };
    Ok(actor.map(|actor| (actor, None)))
}

/// Whether `by`, who was known when their request came, still is now that it has its turn.
///
/// # Errors
/// [`Refusal::TokenInvalid`].
pub fn still(tx: &Tx<'_>, by: &Actor, now: UtcMs) -> Result<()> {
    // A look at the statistics changes nothing.
    if by.scope == Scope::Stats || !stands("standing") {
        return Ok(());
    }
    let (tag, statement, id) = match by.session {
        Some(session) => (Tag::Staff, &sql::SESSION_STANDS, session.get()),
        None => (Tag::Devices, &sql::DEVICE_STANDS, by.device.get()),
    };
    let expired = by.expires_at.is_some_and(|at| now >= at);
    let stands = || tx.remembered(tag, statement, id, |tx| Ok(tx.one(statement, [id], |row| row.get::<_, i64>(0))?));
    if expired || *stands()? == 0 { Err(Refusal::TokenInvalid.into()) } else { Ok(()) }
}

/// Keeps when calls last came with these sessions' tokens.
pub fn seen(tx: &Tx<'_>, sessions: &[(SessionId, UtcMs)]) -> Result<()> {
    for (session, at) in sessions {
        tx.run(&sql::SESSION_SEEN, (*at, *session))?;
    }
    Ok(())
}
