//! The journal's end, as somebody may write it down, and the journal held against what was written down.
//!
//! The chain alone shows that a record was changed and nothing else. Whoever may write to the file can change
//! a record and make every hash after it anew, and then the chain holds. What he cannot change is a head that
//! was written down before and lies elsewhere: the record of its number then has another hash, or is gone. So
//! a head is worth what the place is where it is kept, and no key on this machine would add to that.

use super::ops::{after, identity};
use crate::error::{Fault, Result};
use crate::kernel::day::UtcMs;
use crate::store::Read;

/// Digits of a hash that have to be told: nobody finds another record with the same 64 bits.
pub const DIGITS_MIN: usize = 16;

/// The last record of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub site_uuid: String,
    pub epoch: i64,
    pub seq: i64,
    /// Hexadecimal digits.
    pub hash: String,
    /// When it was recorded.
    pub at: UtcMs,
}

/// What was written down of a record once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub site_uuid: Option<String>,
    pub epoch: Option<i64>,
    /// From 1 on.
    pub seq: i64,
    /// The hash's first digits, hexadecimal and lower-case: [`DIGITS_MIN`] to 64.
    pub hash: String,
}

impl Seen {
    /// `None` where that is no number of a record, or too little of a hash. Spaces do not count, so that it
    /// can be typed as it is printed.
    pub fn new(site_uuid: Option<String>, epoch: Option<i64>, seq: i64, hash: &str) -> Option<Self> {
        let hash: String = hash.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect();
        let is_hash = (DIGITS_MIN..=64).contains(&hash.len()) && hash.bytes().all(|b| b.is_ascii_hexdigit());
        (seq >= 1 && is_hash).then_some(Self { site_uuid, epoch, seq, hash })
    }
}

/// Where the journal ends; `None` before the first record.
pub fn current(db: &impl Read) -> Result<Option<Head>> {
    let (site_uuid, _) = identity(db)?;
    let last = super::ops::last_seq(db)?;
    Ok(after(db, last - 1, 1)?.pop().map(|record| Head {
        site_uuid,
        epoch: record.epoch,
        seq: record.seq,
        hash: digits(&record.hash),
        at: UtcMs::new(record.at_utc_ms),
    }))
}

fn digits(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Holds the journal against what was written down of one of its records. Where the chain holds too
/// ([`super::ops::verify`]), every record up to that one is as it was then.
///
/// Answers how many records came since, or what became of it, in words.
pub fn against(db: &impl Read, seen: &Seen) -> Result<Result<i64, String>> {
    let (site_uuid, epoch) = identity(db)?;
    if let Some(theirs) = seen.site_uuid.as_ref().filter(|theirs| **theirs != site_uuid) {
        return Ok(Err(format!("journal: that head is of the site {theirs}, and this is {site_uuid}")));
    }
    let last = super::ops::last_seq(db)?;
    let (seq, restored) = (seen.seq, seen.epoch.is_some_and(|theirs| theirs < epoch));
    let why = match restored {
        true => match first_since(db, seen.epoch.unwrap_or(epoch), last)? {
            Some((record, epoch)) => format!(
                ". A restore began epoch {epoch} with record {record}: what was recorded between its backup and that \
                 head is in the file it kept aside, FILE.before-restore-…, or nowhere"
            ),
            None => String::new(),
        },
        false => String::new(),
    };
    let Some(record) = after(db, seq - 1, 1)?.pop().filter(|record| record.seq == seq) else {
        return Ok(Err(format!("journal: it was cut: there was a record {seq} once, and it ends at {last}{why}")));
    };
    if digits(&record.hash).starts_with(&seen.hash) {
        return Ok(Ok(last - seq));
    }
    let rewritten = format!("journal: it was rewritten: record {seq}, or one before it, is not what it was{why}");
    Ok(Err(rewritten))
}

/// The first record of a later epoch than this, and which; epochs only rise.
fn first_since(db: &impl Read, epoch: i64, last: i64) -> Result<Option<(i64, i64)>> {
    let epoch_of = |seq: i64| -> Result<i64> {
        let record = after(db, seq - 1, 1)?.pop();
        Ok(record.ok_or_else(|| Fault::new(format!("there is no record from {seq} on")))?.epoch)
    };
    let (mut low, mut high) = (1, last + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        if epoch_of(middle)? > epoch { high = middle } else { low = middle + 1 }
    }
    if low > last { Ok(None) } else { Ok(Some((low, epoch_of(low)?))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_down_is_read_as_it_was_printed() {
        let check = |seq: i64, hash: &str, expected: Option<&str>| {
            let seen = Seen::new(None, None, seq, hash);
            assert_eq!(seen.as_ref().map(|seen| seen.hash.as_str()), expected, "{seq} {hash}");
        };
        check(7, "CB34DD56 a0a35f5c", Some("cb34dd56a0a35f5c"));
        check(7, &"ab".repeat(32), Some(&"ab".repeat(32)));
        check(7, &"ab".repeat(33), None);
        check(7, "cb34dd56 a0a35f5", None);
        check(7, "cb34dd56 a0a35f5g", None);
        check(0, "cb34dd56 a0a35f5c", None);
    }
}
