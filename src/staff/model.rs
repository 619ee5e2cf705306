//! Staff, devices, and the decisions about them. Pure.

use std::fmt;

use crate::error::{Refusal, Refused};
use crate::kernel::day::UtcMs;
use crate::kernel::ids::{DeviceId, StaffId};
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::permission::Role;

/// How long a session lasts: the longest shift and then some.
pub const SESSION_MS: i64 = 16 * 60 * 60 * 1000;
/// How long a pairing code can be used.
pub const PAIRING_MS: i64 = 5 * 60 * 1000;
/// Wrong codes after which every open one is closed.
pub const PAIRING_TRIES_MAX: i64 = 5;

/// Somebody who works here, or did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    pub id: StaffId,
    pub name: String,
    pub role: Role,
    pub archived: bool,
    /// Minor units an hour; `None`: nobody said. Only those who may see the staff are told.
    pub hourly_wage: Option<Money>,
    /// What an hour of theirs weighs when tips are parted by shares; [`FULL_SHARE`] unless told.
    pub tip_share: i64,
}

/// Of an hour when tips are parted by shares.
pub const FULL_SHARE: i64 = 100;
const TIP_SHARE_MAX: i64 = 1000;

/// 0 to 1000, where 100 is a full share.
pub fn tip_share(share: i64) -> Result<i64, Invalid> {
    if (0..=TIP_SHARE_MAX).contains(&share) {
        return Ok(share);
    }
    Err(Invalid::range(format!("0 to {TIP_SHARE_MAX}, where {FULL_SHARE} is a full share")))
}

/// A PIN as typed: 4 to 8 digits. Never shown, not even by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(String);

impl Pin {
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if (4..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Self(text.to_owned()));
        }
        Err(Invalid::format("a PIN is 4 to 8 digits"))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(…)")
    }
}

/// Somebody to be hired. The PIN comes hashed, since hashing takes longer than the writer may.
#[derive(Debug, Clone)]
pub struct NewStaff {
    pub name: String,
    pub role: Role,
    pub pin_hash: String,
}

/// What changes about somebody; `None` stays.
#[derive(Debug, Clone, Default)]
pub struct StaffEdit {
    pub name: Option<String>,
    pub role: Option<Role>,
    pub pin_hash: Option<String>,
    pub archived: Option<bool>,
    pub hourly_wage: Option<Option<Money>>,
    pub tip_share: Option<i64>,
}

/// What an edit comes to.
#[derive(Debug, PartialEq, Eq)]
pub struct StaffChange {
    pub after: Staff,
    /// The running sessions stand for something that no longer holds.
    pub ends_sessions: bool,
}

/// Only an owner makes an owner, or touches one.
pub fn may_set(by: Role, role: Role) -> Result<(), Refused> {
    if role == Role::Owner && by != Role::Owner {
        return Err(Refusal::Forbidden.because("Only an owner can make or change an owner."));
    }
    Ok(())
}

/// Decides an edit by somebody of role `by`. `other_owners`: owners in use beside this one.
pub fn decide_edit(
    by: Role,
    before: &Staff,
    edit: &StaffEdit,
    other_owners: impl FnOnce() -> Result<i64, crate::error::Error>,
) -> crate::error::Result<StaffChange> {
    let after = Staff {
        id: before.id,
        name: edit.name.clone().unwrap_or_else(|| before.name.clone()),
        role: edit.role.unwrap_or(before.role),
        archived: edit.archived.unwrap_or(before.archived),
        hourly_wage: edit.hourly_wage.unwrap_or(before.hourly_wage),
        tip_share: edit.tip_share.unwrap_or(before.tip_share),
    };
    may_set(by, before.role)?;
    may_set(by, after.role)?;
    let owns = |staff: &Staff| staff.role == Role::Owner && !staff.archived;
    if owns(before) && !owns(&after) && other_owners()? == 0 {
        return Err(Refusal::LastOwner.into());
    }
    let ends_sessions = edit.pin_hash.is_some() || after.role != before.role || after.archived != before.archived;
    Ok(StaffChange { after, ends_sessions })
}

/// Wrong PINs in a row that cost nothing but the try.
const FREE_TRIES: i64 = 5;
/// Wrong PINs in a row after which a manager has to say that it goes on: one four-digit PIN in a thousand.
pub const TRIES_MAX: i64 = 10;
const FIRST_WAIT_MS: i64 = 30_000;
/// Of an address, behind which several people may sit: nobody could unlock it.
const LONGEST_WAIT_MS: i64 = 15 * 60_000;

/// How long after so many wrong PINs in a row the next try waits, in milliseconds.
pub fn wait_ms(failures: i64) -> i64 {
    match failures - FREE_TRIES {
        ..0 => 0,
        more @ 0..5 => FIRST_WAIT_MS << more,
        _ => LONGEST_WAIT_MS,
    }
}

/// The seconds still to wait, rounded up; `None` where a try is free.
pub fn wait_left_s(failures: i64, last: UtcMs, now: UtcMs) -> Option<u32> {
    // A clock that was set back must not make the wait longer than it is.
    let since = now.since_ms(last).max(0);
    let left = wait_ms(failures) - since;
    (left > 0).then(|| u32::try_from(left.div_euclid(1000) + i64::from(left % 1000 != 0)).unwrap_or(u32::MAX))
}

/// Whether somebody who has had so many wrong PINs in a row may try another now.
///
/// # Errors
/// [`Refusal::PinLocked`] from [`TRIES_MAX`] on, [`Refusal::TooManyTries`] with the seconds to wait.
pub fn may_try(failures: i64, last: UtcMs, now: UtcMs) -> Result<(), Refused> {
    if failures >= TRIES_MAX {
        return Err(Refusal::PinLocked.into());
    }
    wait_left_s(failures, last, now).map_or(Ok(()), |seconds| Err(wait(seconds)))
}

/// Too many tries, and how long to wait.
pub fn wait(seconds: u32) -> Refused {
    Refusal::TooManyTries.because(format!("Too many wrong PINs. Wait {seconds} seconds.")).retry_after(seconds)
}

/// How long a session lasts that nobody uses, in ms: `minutes` 0 is as long as it lasts at all.
pub fn idle_ms(minutes: u32) -> Option<i64> {
    (minutes > 0).then(|| i64::from(minutes) * 60_000)
}

/// A terminal, or an integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    pub id: DeviceId,
    pub name: String,
    /// An integration's; a terminal has none of its own.
    pub role: Option<Role>,
    pub paired_at: UtcMs,
    pub revoked_at: Option<UtcMs>,
}

impl Device {
    pub fn kind(&self) -> &'static str {
        if self.role.is_some() { "integration" } else { "terminal" }
    }
}

/// Digits and capitals without 0, 1, I and O: what is read aloud or off a slip arrives as it was.
const CODE_ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const CODE_LENGTH: usize = 8;

/// A one-time code to pair a terminal with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// Five bits of every byte make a character, none more likely than another.
    pub fn from_random(bytes: [u8; CODE_LENGTH]) -> Self {
        Self(bytes.iter().map(|b| char::from(CODE_ALPHABET[usize::from(b & 31)])).collect())
    }

    /// As typed: small letters, spaces and hyphens are forgiven.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let fault = || Invalid::format("a pairing code is eight letters and digits");
        if text.len() > 4 * CODE_LENGTH {
            return Err(fault());
        }
        let typed = text.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_ascii_uppercase());
        let code: String = typed.collect();
        let known = code.len() == CODE_LENGTH && code.bytes().all(|b| b.is_ascii_alphanumeric());
        if known { Ok(Self(code)) } else { Err(fault()) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
