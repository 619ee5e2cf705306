//! Times and business days. A time is UTC; the restaurant's zone and cutoff turn it into a date.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::invalid::Invalid;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// `YYYY-MM-DD` of a day counted from 1970-01-01, at most 9999-12-31. Every answer shows a dozen times,
/// so they are written digit by digit.
fn push_date(text: &mut String, days: i32) {
    let (year, month, day) = civil_from_days(i64::from(days));
    push_digits(text, year, 4);
    text.push('-');
    push_digits(text, month, 2);
    text.push('-');
    push_digits(text, day, 2);
}

/// The proleptic Gregorian date of a day at or after 1970-01-01: Howard Hinnant, "chrono-Compatible
/// Low-Level Date Algorithms", civil_from_days. Years begin in March there, so that the leap day is last.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let from_era = days + 719_468;
    let (era, of_era) = (from_era / 146_097, from_era % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// A number below 10 to the power of `digits`, zeros in front.
fn push_digits(text: &mut String, value: i64, digits: u32) {
    for place in (0..digits).rev() {
        text.push(char::from(b'0' + (value / 10_i64.pow(place) % 10) as u8));
    }
}

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcMs(i64);

impl UtcMs {
    pub const fn new(ms: i64) -> Self {
        Self(ms)
    }

    pub const fn get(self) -> i64 {
        self.0
    }

    /// RFC 3339 with an offset, from 1970 on.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text.parse::<Timestamp>() {
            Ok(at) if at >= Timestamp::UNIX_EPOCH => Ok(Self(at.as_millisecond())),
            _ => Err(Invalid::format("a time is RFC 3339 with offset, such as 2026-11-20T19:30:00+01:00")),
        }
    }

    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// What lies between `earlier` and this, in milliseconds; negative where it is later.
    pub const fn since_ms(self, earlier: UtcMs) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// RFC 3339 with the offset of `zone` at that time: `2026-11-20T19:30:00.000+01:00`.
    pub fn rfc3339(self, zone: &Zone) -> String {
        let at = self.timestamp();
        let offset_s = i64::from(zone.tz.to_offset(at).seconds());
        let local_ms = at.as_millisecond() + offset_s * 1000;
        let days = i32::try_from(local_ms.div_euclid(DAY_MS)).unwrap_or_default();
        if days < 0 || offset_s % 60 != 0 {
            // Before 1970, and offsets of local mean time: nothing that a restaurant writes.
            return at.to_zoned(zone.tz.clone()).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string();
        }
        let of_day_ms = local_ms.rem_euclid(DAY_MS);
        let offset_min = offset_s.abs() / 60;
        let mut text = String::with_capacity(29);
        push_date(&mut text, days);
        let parts = [
            ('T', of_day_ms / 3_600_000, 2),
            (':', of_day_ms / 60_000 % 60, 2),
            (':', of_day_ms / 1000 % 60, 2),
            ('.', of_day_ms % 1000, 3),
            (if offset_s < 0 { '-' } else { '+' }, offset_min / 60, 2),
            (':', offset_min % 60, 2),
        ];
        for (mark, value, digits) in parts {
            text.push(mark);
            push_digits(&mut text, value, digits);
        }
        text
    }

    fn timestamp(self) -> Timestamp {
        // Beyond year 9999 only a tampered row gets; the nearest time there is does for it.
        let end = if self.0 < 0 { Timestamp::MIN } else { Timestamp::MAX };
        Timestamp::from_millisecond(self.0).unwrap_or(end)
    }
}

/// A day of trade, named by the calendar date on which it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusinessDate(i32);

impl BusinessDate {
    /// 9999-12-31, where the calendar ends.
    const LAST: i32 = 2_932_896;

    /// As stored: days since 1970-01-01.
    pub const fn new(days: i32) -> Self {
        Self(days)
    }

    pub const fn days(self) -> i32 {
        self.0
    }

    /// `YYYY-MM-DD`, 1970 to 9999.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let fault = || Invalid::format("a date is YYYY-MM-DD, from 1970 on");
        let shape = text.len() == 10
            && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
        if !shape {
            return Err(fault());
        }
        match text.parse::<Date>() {
            Ok(date) if date.year() >= 1970 => Ok(Self::of(date)),
            _ => Err(fault()),
        }
    }

    pub fn from_ymd(year: i16, month: i8, day: i8) -> Option<Self> {
        Date::new(year, month, day).ok().map(Self::of)
    }

    fn of(date: Date) -> Self {
        // A civil date's Unix day count fits: the calendar has under four million days either way.
        Self(date.duration_since(Date::ZERO).as_hours().div_euclid(24) as i32 - Self::EPOCH_FROM_ZERO)
    }

    /// Days from 0000-01-01 to 1970-01-01.
    const EPOCH_FROM_ZERO: i32 = 719_528;

    fn civil(self) -> Date {
        let days = self.0.clamp(-Self::EPOCH_FROM_ZERO, Self::LAST) + Self::EPOCH_FROM_ZERO;
        Date::ZERO.saturating_add(jiff::Span::new().days(days))
    }

    /// `YYYY-MM-DD`.
    pub fn text(self) -> String {
        if self.0 < 0 {
            let date = self.civil();
            return format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day());
        }
        let mut text = String::with_capacity(10);
        push_date(&mut text, self.0.min(Self::LAST));
        text
    }

    pub const fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// Days from `earlier` to this.
    pub const fn since(self, earlier: BusinessDate) -> i32 {
        self.0.saturating_sub(earlier.0)
    }

    pub fn month(self) -> Month {
        let date = self.civil();
        Month(i32::from(date.year()) * 12 + i32::from(date.month()) - 1)
    }

    /// year × 12 + month − 1.
    pub fn month_index(self) -> i32 {
        self.month().0
    }

    pub fn first_of_month(self) -> Self {
        self.plus_days(1 - i32::from(self.civil().day()))
    }

    pub fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday.
        Weekday::ALL[(self.0 + 3).rem_euclid(7) as usize]
    }
}

impl fmt::Display for BusinessDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// A calendar month, counted year × 12 + month − 1, so that months are one sequence of integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(i32);

impl Month {
    pub const fn new(index: i32) -> Self {
        Self(index)
    }

    pub const fn index(self) -> i32 {
        self.0
    }

    pub fn first(self) -> BusinessDate {
        let (year, month) = (self.0.div_euclid(12), self.0.rem_euclid(12) + 1);
        let date = Date::new(year.clamp(0, 9999) as i16, month as i8, 1);
        BusinessDate::of(date.unwrap_or(Date::ZERO))
    }

    pub fn last(self) -> BusinessDate {
        Month(self.0.saturating_add(1)).first().plus_days(-1)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Weekday {
    pub const ALL: [Weekday; 7] = {
        use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
        [Mon, Tue, Wed, Thu, Fri, Sat, Sun]
    };

    /// The key reports use.
    pub const fn as_str(self) -> &'static str {
        ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][self as usize]
    }
}

/// When one business day ends and the next begins: minutes after local midnight, 00:00 to 12:00.
/// Later than noon, an evening's service would carry the date of the day before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cutoff(u16);

impl Cutoff {
    /// `HH:MM`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let fault = || Invalid::format("a cutoff is HH:MM, from 00:00 to 12:00");
        let [h1, h2, b':', m1, m2] = text.as_bytes() else { return Err(fault()) };
        if ![h1, h2, m1, m2].iter().all(|b| b.is_ascii_digit()) {
            return Err(fault());
        }
        let two = |tens: &u8, ones: &u8| u16::from(tens - b'0') * 10 + u16::from(ones - b'0');
        let (hours, minutes) = (two(h1, h2), two(m1, m2));
        if minutes > 59 || hours * 60 + minutes > 12 * 60 {
            return Err(Invalid::range("a cutoff is HH:MM, from 00:00 to 12:00"));
        }
        Ok(Self(hours * 60 + minutes))
    }

    /// As stored: minutes after midnight; what is out of range counts as its end.
    pub const fn from_minutes(minutes: u16) -> Self {
        Self(if minutes > 12 * 60 { 12 * 60 } else { minutes })
    }

    pub const fn minutes(self) -> u16 {
        self.0
    }

    fn time(self) -> Time {
        // At most 12:00, see the constructors.
        Time::constant((self.0 / 60) as i8, (self.0 % 60) as i8, 0, 0)
    }
}

impl fmt::Display for Cutoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// The restaurant's time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    tz: TimeZone,
}

impl Zone {
    /// An IANA name, such as `Europe/Rome`. The rules are compiled in.
    pub fn parse(name: &str) -> Result<Self, Invalid> {
        match TimeZone::get(name) {
            Ok(tz) if tz.iana_name().is_some() => Ok(Self { tz }),
            _ => Err(Invalid::new("unknown_value", "a time zone is an IANA name, such as Europe/Rome")),
        }
    }

    pub fn utc() -> Self {
        Self { tz: TimeZone::UTC }
    }

    pub fn name(&self) -> &str {
        self.tz.iana_name().unwrap_or("UTC")
    }

    /// The hour on the wall, 0 to 23.
    pub fn hour(&self, at: UtcMs) -> u8 {
        self.tz.to_datetime(at.timestamp()).hour().unsigned_abs()
    }

    /// The time on the wall, as `HH:MM`.
    pub fn hh_mm(&self, at: UtcMs) -> String {
        let local = self.tz.to_datetime(at.timestamp());
        format!("{:02}:{:02}", local.hour(), local.minute())
    }

    /// The date on the wall.
    pub fn calendar_date(&self, at: UtcMs) -> BusinessDate {
        BusinessDate::of(self.tz.to_datetime(at.timestamp()).date())
    }

    /// The date on the wall, and the minutes after midnight.
    pub fn wall(&self, at: UtcMs) -> (BusinessDate, u16) {
        let local = self.tz.to_datetime(at.timestamp());
        let part = |of: i8| u16::from(of.unsigned_abs());
        (BusinessDate::of(local.date()), part(local.hour()) * 60 + part(local.minute()))
    }

    /// When the wall shows that date and minute after midnight: both times where it does so twice, else the
    /// same one twice; the end of the gap where it never does.
    pub fn instants(&self, date: BusinessDate, minute: u16) -> [UtcMs; 2] {
        let time = Time::constant((minute / 60 % 24) as i8, (minute % 60) as i8, 0, 0);
        let local = self.tz.to_ambiguous_timestamp(date.civil().to_datetime(time));
        let first = self.first_at(date, time);
        match local.offset() {
            AmbiguousOffset::Fold { .. } => [first, local.later().map_or(first, |at| UtcMs(at.as_millisecond()))],
            AmbiguousOffset::Gap { .. } | AmbiguousOffset::Unambiguous { .. } => [first, first],
        }
    }

    /// When the clocks are next changed, if ever.
    pub fn next_transition(&self, after: UtcMs) -> Option<UtcMs> {
        self.tz.following(after.timestamp()).next().map(|transition| UtcMs(transition.timestamp().as_millisecond()))
    }

    /// When the wall shows that date and time: the first time where it does so twice, the end of
    /// the gap where it never does. `None` for a time that is none (25:00:00).
    pub fn instant(&self, date: BusinessDate, hour: u8, minute: u8, second: u8) -> Option<UtcMs> {
        let part = |v: u8| i8::try_from(v).ok();
        let time = Time::new(part(hour)?, part(minute)?, part(second)?, 0).ok()?;
        Some(self.first_at(date, time))
    }

    fn first_at(&self, date: BusinessDate, time: Time) -> UtcMs {
        let local = self.tz.to_ambiguous_timestamp(date.civil().to_datetime(time));
        let in_gap = matches!(local.offset(), AmbiguousOffset::Gap { .. });
        let earlier = local.earlier().unwrap_or(Timestamp::MAX);
        let at = if in_gap {
            // `earlier` lies before the clocks jump; the gap ends at the very next transition.
            self.tz.following(earlier).next().map_or(earlier, |transition| transition.timestamp())
        } else {
            earlier
        };
        UtcMs(at.as_millisecond())
    }
}

/// The half-open business day `[start, end)` of that date: from the first moment the wall clock is
/// at or past the cutoff to the same moment of the next date. 23 or 25 hours when clocks change.
pub fn bounds(date: BusinessDate, zone: &Zone, cutoff: Cutoff) -> (UtcMs, UtcMs) {
    (zone.first_at(date, cutoff.time()), zone.first_at(date.plus_days(1), cutoff.time()))
}

/// The business day that `at` belongs to.
pub fn business_date(at: UtcMs, zone: &Zone, cutoff: Cutoff) -> BusinessDate {
    let local = zone.tz.to_datetime(at.timestamp());
    let date = BusinessDate::of(local.date());
    let date = if local.time() < cutoff.time() { date.plus_days(-1) } else { date };
    // A cutoff inside the hour that comes twice has passed once although the wall shows less again.
    let next = date.plus_days(1);
    if local.date() == next.civil() && at >= zone.first_at(next, cutoff.time()) { next } else { date }
}
