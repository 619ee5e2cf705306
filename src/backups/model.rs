//! What backups are called, and which of them go. Pure.

use crate::kernel::day::{UtcMs, Zone};

/// What a day has, in ms.
const DAY_MS: i64 = 86_400_000;
/// How many go at once for their age: a clock that shows another year must not empty the folder before
/// somebody sees it.
const AGED_AT_ONCE_MAX: usize = 2;

/// Whose backups they are: the file's name without its ending, and a part of the site's UUID, so that two
/// restaurants can share a folder and neither takes the other's away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    stem: String,
}

impl Family {
    pub fn of(file_stem: &str, site_uuid: &str) -> Self {
        Self { stem: format!("{file_stem}-{}", site_uuid.get(..8).unwrap_or(site_uuid)) }
    }

    /// `trattoria-0b4f6b0e.db`: what no backup is called, and what one is made under.
    pub fn name(&self) -> String {
        format!("{}.db", self.stem)
    }

    /// `trattoria-0b4f6b0e-20261120T175512Z.db`: of that second of UTC.
    pub fn name_at(&self, at: UtcMs) -> String {
        let time = at.rfc3339(&Zone::utc());
        let digits = |from: usize, to: usize| time.get(from..to).unwrap_or_default().replace(['-', ':'], "");
        format!("{}-{}T{}Z.db", self.stem, digits(0, 10), digits(11, 19))
    }

    /// When the backup of that name was made, where it is one of these.
    pub fn made_at(&self, name: &str) -> Option<UtcMs> {
        let time = name.strip_prefix(&self.stem)?.strip_prefix('-')?.strip_suffix("Z.db")?;
        let (date, clock) = time.split_once('T')?;
        let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(date, 8) || !digits(clock, 6) {
            return None;
        }
        let (day, time) = ([&date[..4], &date[4..6], &date[6..]], [&clock[..2], &clock[2..4], &clock[4..]]);
        UtcMs::parse(&format!("{}T{}+00:00", day.join("-"), time.join(":"))).ok()
    }
}

/// A backup that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub name: String,
    pub at: UtcMs,
    /// Of it and its checksum.
    pub bytes: u64,
}

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    pub bytes_max: u64,
    pub age_max_ms: i64,
}

/// Which of `kept` go, `now` being the time and `room` the bytes that have to fit beside them. What `newest`
/// names never goes, whatever a bound says: the last good one by its name, and where a clock was wrong
/// meanwhile the last one that was made.
///
/// What is too old goes, a few at a time. What is too much goes with the oldest first, but each day's last
/// one after all the others: an evening of a week ago is worth more than each quarter of an hour of today.
pub fn going(kept: &[Kept], newest: &[String], now: UtcMs, room: u64, bounds: Bounds) -> Vec<String> {
    let mut kept: Vec<&Kept> = kept.iter().collect();
    kept.sort_by(|a, b| (a.at, &a.name).cmp(&(b.at, &b.name)));
    let day = |k: &Kept| k.at.get().div_euclid(DAY_MS);
    let last_of_day = |n: usize| kept.get(n + 1).is_none_or(|next| day(next) != day(kept[n]));
    let may_go = |k: &Kept| !newest.contains(&k.name);
    let mut going: Vec<usize> = (0..kept.len())
        .filter(|&n| may_go(kept[n]) && now.since_ms(kept[n].at) > bounds.age_max_ms)
        .take(AGED_AT_ONCE_MAX)
        .collect();
    let (lasts, others): (Vec<usize>, Vec<usize>) = (0..kept.len()).partition(|&n| last_of_day(n));
    let mut bytes: u64 = room + kept.iter().map(|k| k.bytes).sum::<u64>();
    bytes -= going.iter().map(|&n| kept[n].bytes).sum::<u64>();
    for n in others.into_iter().chain(lasts) {
        if bytes <= bounds.bytes_max {
            break;
        }
        if may_go(kept[n]) && !going.contains(&n) {
            bytes -= kept[n].bytes;
            going.push(n);
        }
    }
    going.into_iter().map(|n| kept[n].name.clone()).collect()
}
