//! How often a PIN was tried for the stats page: by what was typed for a name, whether anybody is called so or
//! not, and by the address it came from. Whoever tries is nobody yet, so what they can leave in the file is
//! bounded, and a try that has to wait writes nothing.

use std::net::IpAddr;

use sha2::{Digest, Sha256};

use super::sql;
use crate::error::{Refused, Result};
use crate::kernel::day::UtcMs;
use crate::staff::defences::stands;
use crate::staff::model::{Staff, may_try, wait, wait_left_s};
use crate::store::{Read, Tx};

/// Wrong PINs in a row that an address has beside those of a name: several people may sit behind it.
const ADDRESS_FREE_MORE: i64 = 15;
/// A count nobody added to for so long is forgotten, a locked name's too: nobody would know otherwise how to
/// unlock a name that nobody has. It leaves ten tries a day.
const REMEMBERED_MS: i64 = 24 * 60 * 60 * 1000;
/// Names and addresses counted at a time. When they are that many, who is not among them waits.
const COUNTED_MAX: i64 = 8192;
const FULL_WAIT_S: u32 = 60;

/// What a try is counted by.
enum Who {
    Typed([u8; 32]),
    From([u8; 32]),
}

impl Who {
    fn hash(&self) -> &[u8; 32] {
        let (Self::Typed(hash) | Self::From(hash)) = self;
        hash
    }

    fn may_try(&self, failures: i64, last: UtcMs, now: UtcMs) -> Result<(), Refused> {
        match self {
            Self::Typed(_) => may_try(failures, last, now),
            Self::From(_) => wait_left_s(failures - ADDRESS_FREE_MORE, last, now).map_or(Ok(()), |s| Err(wait(s))),
        }
    }
}

/// `typed` in small letters.
fn both(typed: &str, from: Option<IpAddr>) -> Vec<Who> {
    let mut who = vec![Who::Typed(hash("name", typed))];
    who.extend(from.map(|from| Who::From(hash("address", &network(from).to_string()))));
    who
}

fn hash(of: &str, text: &str) -> [u8; 32] {
    Sha256::digest(format!("{of} {text}")).into()
}

/// One host can take any address of its 64-bit network (RFC 4291, section 2.5.4).
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Whether a try may be made now. `typed` is in small letters.
///
/// # Errors
/// [`crate::error::Refusal::TooManyTries`] with the seconds to wait, [`crate::error::Refusal::PinLocked`].
pub fn may(db: &impl Read, typed: &str, from: Option<IpAddr>, now: UtcMs) -> Result<()> {
    let mut refused: Option<Refused> = None;
    for who in both(typed, from) {
        let count: Option<(i64, UtcMs)> = db.opt(&sql::TRIES, [who.hash()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let told = match count.filter(|(_, last)| now.since_ms(*last) <= REMEMBERED_MS) {
            Some((failures, last)) => who.may_try(failures, last, now),
            None => {
                let since = now.plus_ms(-REMEMBERED_MS);
                let counted: i64 = db.one(&sql::TRIES_COUNTED, [since], |row| row.get(0))?;
                if counted + 2 > COUNTED_MAX { Err(wait(FULL_WAIT_S)) } else { Ok(()) }
            }
        };
        if let Err(told) = told {
            // The longer of two waits; what is locked has none.
            let longer = |before: &Refused| told.retry_after_s.is_none() || before.retry_after_s < told.retry_after_s;
            if refused.as_ref().is_none_or(longer) {
                refused = Some(told);
            }
        }
    }
    refused.filter(|_| stands("pin_waits")).map_or(Ok(()), |refused| Err(refused.into()))
}

/// Counts a try as wrong, until [`right`] says otherwise: a hundred sent at once are a hundred.
///
/// # Errors
/// Those of [`may`].
pub fn begin(tx: &Tx<'_>, typed: &str, from: Option<IpAddr>, now: UtcMs) -> Result<()> {
    tx.run(&sql::TRIES_EXPIRE, [now.plus_ms(-REMEMBERED_MS)])?;
    may(tx, typed, from, now)?;
    for who in both(typed, from) {
        tx.run(&sql::TRY_COUNT, (who.hash(), now))?;
    }
    Ok(())
}

/// The try that was begun last was right: the name starts anew, the address is given one back.
pub fn right(tx: &Tx<'_>, typed: &str, from: Option<IpAddr>) -> Result<()> {
    for who in both(typed, from) {
        match who {
            Who::Typed(hash) => tx.run(&sql::TRIES_FORGET, [hash])?,
            Who::From(hash) => tx.run(&sql::TRY_GIVE_BACK, [hash])?,
        };
    }
    Ok(())
}

/// Forgets what was tried under somebody's name and number; how many wrong ones, at most, it was.
pub fn forget(tx: &Tx<'_>, staff: &Staff) -> Result<i64> {
    let mut most = 0;
    for typed in [staff.name.to_lowercase(), staff.id.to_string()] {
        let hash = hash("name", &typed);
        most = most.max(tx.opt(&sql::TRIES, [&hash], |row| row.get(0))?.unwrap_or(0));
        tx.run(&sql::TRIES_FORGET, [hash])?;
    }
    Ok(most)
}
