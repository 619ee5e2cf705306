//! Stamps and records: when something happened, who did it, and that it did.

use std::rc::Rc;

use serde::Serialize;

use super::model::{Columns, GENESIS, Jump, Kind, hash};
use super::{clock, sql};
use crate::cache::Tag;
use crate::error::{Fault, Result};
use crate::kernel::clock::Clock;
use crate::kernel::day::{BusinessDate, Cutoff, UtcMs, Zone, bounds, business_date};
use crate::kernel::ids::{DeviceId, StaffId};
use crate::store::{Read, Tx};

/// How the restaurant counts its days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    pub zone: Zone,
    pub cutoff: Cutoff,
    /// What held until `from`.
    pub before: Cutoff,
    pub from: UtcMs,
}

impl Calendar {
    pub fn date_of(&self, at: UtcMs) -> BusinessDate {
        business_date(at, &self.zone, if at < self.from { self.before } else { self.cutoff })
    }

    /// When a date begins.
    pub fn begin_of(&self, date: BusinessDate) -> UtcMs {
        let (before, _) = bounds(date, &self.zone, self.before);
        if before < self.from { before } else { bounds(date, &self.zone, self.cutoff).0 }
    }

    /// When the running business date `date`, in which `at` lies, ends.
    pub fn end_of(&self, date: BusinessDate, at: UtcMs) -> UtcMs {
        if at < self.from { self.from } else { bounds(date, &self.zone, self.cutoff).1 }
    }

    /// The calendar with a new cutoff, which starts when the running business day ends.
    #[must_use]
    pub fn with_cutoff(&self, cutoff: Cutoff, now: UtcMs) -> Self {
        let current = if now < self.from { self.before } else { self.cutoff };
        let (_, end) = bounds(business_date(now, &self.zone, current), &self.zone, current);
        Self { zone: self.zone.clone(), cutoff, before: current, from: end }
    }
}

/// When a job runs and for whom: what every record and row of it says.
#[derive(Debug, Clone)]
pub struct Stamp {
    pub at: UtcMs,
    pub date: BusinessDate,
    pub device: Option<DeviceId>,
    pub staff: Option<StaffId>,
    pub calendar: Calendar,
    /// The clock stands behind the journal; the date is the journal's.
    pub clock_behind: bool,
    site_uuid: String,
    epoch: i64,
}

/// Stamps a job: the business date of now, or the journal's last where the clock stands behind it,
/// since a day that has begun does not end because a clock was set back.
pub fn stamp(tx: &impl Read, clock: &dyn Clock, device: Option<DeviceId>, staff: Option<StaffId>) -> Result<Stamp> {
    let at = clock.now();
    let site = site(tx)?;
    let (site_uuid, epoch, calendar) = site.as_ref().clone();
    let today = calendar.date_of(at);
    let head = tx.opt(&sql::HEAD, (), sql::head)?;
    let last = head.map(|h| BusinessDate::parse(&h.business_date)).transpose().map_err(|e| Fault::new(e.detail))?;
    let clock_behind = last.is_some_and(|last| today < last);
    let date = last.map_or(today, |last| today.max(last));
    Ok(Stamp { at, date, device, staff, calendar, clock_behind, site_uuid, epoch })
}

fn site(db: &impl Read) -> Result<Rc<(String, i64, Calendar)>> {
    db.remembered(Tag::Calendar, &sql::SITE, 0, |db| read_site(db))
}

fn read_site(db: &impl Read) -> Result<(String, i64, Calendar)> {
    let (uuid, epoch, zone, cutoff, before, from) = db.one(&sql::SITE, (), |row| {
        let cutoff = Cutoff::from_minutes(row.get(3)?);
        let before = Cutoff::from_minutes(row.get(4)?);
        Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?, cutoff, before, UtcMs::new(row.get(5)?)))
    })?;
    let zone = Zone::parse(&zone).map_err(|e| Fault::new(e.detail))?;
    Ok((uuid, epoch, Calendar { zone, cutoff, before, from }))
}

/// How days are counted now.
pub fn calendar(db: &impl Read) -> Result<Calendar> {
    Ok(site(db)?.2.clone())
}

/// The site's UUID and epoch.
pub fn identity(db: &impl Read) -> Result<(String, i64)> {
    let (uuid, epoch, _) = site(db)?.as_ref().clone();
    Ok((uuid, epoch))
}

/// Makes the site; once in a file's life.
pub fn create_site(tx: &Tx<'_>, zone: &Zone, cutoff: Cutoff, now: UtcMs) -> Result<()> {
    tx.run(&sql::SITE_CREATE, (new_uuid()?, now.get(), zone.name(), cutoff.minutes()))?;
    Ok(())
}

pub fn set_calendar(tx: &Tx<'_>, c: &Calendar) -> Result<()> {
    tx.run(&sql::SITE_CALENDAR, (c.zone.name(), c.cutoff.minutes(), c.before.minutes(), c.from.get()))?;
    Ok(())
}

/// Begins another epoch, as after a restore: the numbers of the records that were lost come again, and
/// only their epoch tells the new ones from them. Stamp after it.
pub fn set_epoch(tx: &Tx<'_>, epoch: i64) -> Result<()> {
    tx.run(&sql::SITE_EPOCH, [epoch])?;
    tx.touch(Tag::Calendar);
    Ok(())
}

/// A random UUID (RFC 9562, version 4).
fn new_uuid() -> Result<String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|e| Fault::new(format!("no random numbers: {e}")))?;
    bytes[6] = bytes[6] & 0x0F | 0x40;
    bytes[8] = bytes[8] & 0x3F | 0x80;
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    Ok([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
}

/// Writes one record, chained to the last. Answers its number.
///
/// `subject` is the id of what it is about (an order for everything on an order), `version` that
/// subject's version after it, 0 where it has none.
pub fn append(
    tx: &Tx<'_>,
    stamp: &Stamp,
    kind: Kind,
    subject: i64,
    version: i64,
    payload: &impl Serialize,
) -> Result<i64> {
    let head = tx.opt(&sql::HEAD, (), sql::head)?;
    let (seq, prev_hash, last_at) =
        head.map_or((1, GENESIS, stamp.at), |h| (h.seq + 1, h.hash, UtcMs::new(h.at_utc_ms)));
    let jump = Jump::between(last_at, stamp.at);
    let mut payload =
        serde_json::to_string(payload).map_err(|e| Fault::from_source("a payload does not serialise", e))?;
    // As long as the date is not the clock's own every record says so, not only the first one.
    if let Some(jump) = jump.or(stamp.clock_behind.then_some(Jump::Behind)) {
        payload = jump.mark(&payload);
    }
    let date = stamp.date.text();
    let (device, staff) = (stamp.device.map(DeviceId::get), stamp.staff.map(StaffId::get));
    let columns = Columns {
        site_uuid: &stamp.site_uuid,
        seq,
        epoch: stamp.epoch,
        kind: kind.as_str(),
        at_utc_ms: stamp.at.get(),
        business_date: &date,
        device,
        staff,
        subject,
        version,
        payload: &payload,
        prev_hash: &prev_hash,
    };
    let hash = hash(&columns);
    let at = stamp.at.get();
    tx.run(
        &sql::APPEND,
        (seq, stamp.epoch, kind.as_str(), at, &date, device, staff, subject, version, &payload, prev_hash, hash),
    )?;
    if let Some(jump) = jump {
        clock::note(tx, seq, jump, last_at, stamp.at)?;
    }
    Ok(seq)
}

/// The business date of the last record; `None` before the first.
pub fn last_date(db: &impl Read) -> Result<Option<BusinessDate>> {
    let head = db.opt(&sql::HEAD, (), sql::head)?;
    Ok(head.map(|h| BusinessDate::parse(&h.business_date)).transpose().map_err(|e| Fault::new(e.detail))?)
}

/// The last record, as far as the next one builds on it; `None` before the first.
pub fn head(db: &impl Read) -> Result<Option<sql::Head>> {
    Ok(db.opt(&sql::HEAD, (), sql::head)?)
}

/// The number of the last record; 0 before the first.
pub fn last_seq(db: &impl Read) -> Result<i64> {
    Ok(db.opt(&sql::HEAD, (), sql::head)?.map_or(0, |h| h.seq))
}

/// Records after `seq`, oldest first, at most `limit`.
pub fn after(db: &impl Read, seq: i64, limit: u32) -> Result<Vec<sql::Record>> {
    Ok(db.all(&sql::AFTER, (seq, limit), sql::record)?)
}

/// What live streams tell of the records after `seq`, oldest first, at most `limit`.
pub fn events_after(db: &impl Read, seq: i64, limit: u32) -> Result<Vec<sql::Event>> {
    Ok(db.all(&sql::EVENTS_AFTER, (seq, limit), sql::event)?)
}

/// The number of the first record there is; `None` before any.
pub fn first_seq(db: &impl Read) -> Result<Option<i64>> {
    Ok(db.one(&sql::FIRST_SEQ, (), |row| row.get(0))?)
}

/// Where the chain breaks: the first record whose hash, link or number is not what it must be.
pub fn verify(db: &impl Read, progress: impl FnMut(i64)) -> Result<Result<i64, String>> {
    follow(db, 0, GENESIS, progress)
}

/// [`verify`] of the last so many records alone.
pub fn verify_tail(db: &impl Read, records: i64) -> Result<Result<i64, String>> {
    let from = last_seq(db)? - records;
    match after(db, from - 1, 1)?.first() {
        Some(first) if from > 0 => follow(db, first.seq, first.hash, |_| {}),
        _ => verify(db, |_| {}),
    }
}

fn follow(
    db: &impl Read,
    mut seq: i64,
    mut prev: [u8; 32],
    mut progress: impl FnMut(i64),
) -> Result<Result<i64, String>> {
    const CHUNK: u32 = 1000;
    let (site_uuid, _) = identity(db)?;
    loop {
        let records = after(db, seq, CHUNK)?;
        if records.is_empty() {
            return Ok(Ok(seq));
        }
        for r in &records {
            if r.seq != seq + 1 {
                return Ok(Err(format!("journal: record {} follows {seq}", r.seq)));
            }
            if r.prev_hash != prev {
                return Ok(Err(format!("journal: record {} is not chained to the one before", r.seq)));
            }
            let columns = Columns {
                site_uuid: &site_uuid,
                seq: r.seq,
                epoch: r.epoch,
                kind: &r.kind,
                at_utc_ms: r.at_utc_ms,
                business_date: &r.business_date,
                device: r.device,
                staff: r.staff,
                subject: r.subject,
                version: r.version,
                payload: &r.payload,
                prev_hash: &r.prev_hash,
            };
            if hash(&columns) != r.hash {
                return Ok(Err(format!("journal: record {} was changed", r.seq)));
            }
            (seq, prev) = (r.seq, r.hash);
        }
        progress(seq);
    }
}
