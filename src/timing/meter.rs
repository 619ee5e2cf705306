//! What one thing took, and how often it failed: now, lately and since the start.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::histogram::{Counts, Histogram, Packed};

/// Why something failed, as far as it matters to whoever looks at the rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// The caller's doing: 4xx other than 429; a constraint of the schema.
    Refused,
    /// One caller asked for more than its share: 429. Also the caller's doing, and apart since one greedy
    /// device makes thousands of them and says nothing of how the others are served.
    Limited,
    /// Another try may succeed: 503; SQLite's BUSY and LOCKED; a batch that was lost.
    Busy,
    /// The disk or the file: SQLite's FULL, IOERR, CORRUPT, NOTADB; 507.
    Disk,
    /// Ours: any other 5xx, any other error.
    Fault,
}

impl Class {
    /// How many there are.
    pub const COUNT: usize = 5;
    pub const ALL: [Class; Class::COUNT] = [Class::Refused, Class::Limited, Class::Busy, Class::Disk, Class::Fault];

    /// As it stands in figures and labels.
    pub fn name(self) -> &'static str {
        match self {
            Class::Refused => "refused",
            Class::Limited => "limited",
            Class::Busy => "busy",
            Class::Disk => "disk",
            Class::Fault => "fault",
        }
    }

    /// Whether it is the caller's doing and no failure of the server's.
    pub fn is_callers(self) -> bool {
        matches!(self, Class::Refused | Class::Limited)
    }

    /// The class of an HTTP status; none below 400.
    pub fn of_status(status: u16) -> Option<Class> {
        match status {
            ..400 => None,
            429 => Some(Class::Limited),
            503 => Some(Class::Busy),
            507 => Some(Class::Disk),
            400..500 => Some(Class::Refused),
            500.. => Some(Class::Fault),
        }
    }
}

/// How many failed, by class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Errors([u64; Class::COUNT]);

impl Errors {
    pub fn of(&self, class: Class) -> u64 {
        self.0[class as usize]
    }

    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Those that are not the caller's doing.
    pub fn ours(&self) -> u64 {
        Class::ALL.into_iter().filter(|class| !class.is_callers()).map(|class| self.of(class)).sum()
    }

    fn minus(self, earlier: Errors) -> Errors {
        Errors(std::array::from_fn(|n| self.0[n].saturating_sub(earlier.0[n])))
    }

    fn add(self, other: Errors) -> Errors {
        Errors(std::array::from_fn(|n| self.0[n].saturating_add(other.0[n])))
    }
}

/// A span of time that ends now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Window {
    /// The last 60 to 70 s.
    Minute,
    /// The last 60 to 65 minutes.
    Hour,
    /// Since the meter was made.
    Start,
}

impl Window {
    pub const ALL: [Window; 3] = [Window::Minute, Window::Hour, Window::Start];

    pub fn name(self) -> &'static str {
        match self {
            Window::Minute => "minute",
            Window::Hour => "hour",
            Window::Start => "start",
        }
    }
}

/// What a meter tells of a window.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// How long the window is; shorter than its name where the meter is younger.
    pub over: Duration,
    pub counts: Counts,
    pub errors: Errors,
}

impl Reading {
    fn minus(&self, earlier: &Reading) -> Reading {
        Reading {
            over: self.over.saturating_sub(earlier.over),
            counts: self.counts.minus(&earlier.counts),
            errors: self.errors.minus(earlier.errors),
        }
    }
}

/// Times (ns) of one thing since the start, its errors by class, and what came in lately.
///
/// Recording touches the [`Histogram`] and nothing else. The windows are made by [`Meter::tick`], which
/// a ticker calls every few seconds: it keeps what came in between two ticks, the last minute in slices
/// of 10 s and the last hour in slices of 5 minutes. A slice holds at most 64 buckets of 8 bytes, so the
/// windows of one meter stay under 11 KB, and under 1 KB for something that happens now and then.
#[derive(Debug)]
pub struct Meter {
    times: Histogram,
    errors: [AtomicU64; Class::COUNT],
    began: Instant,
    windows: Mutex<Windows>,
}

#[derive(Debug)]
struct Windows {
    minute: Ring,
    hour: Ring,
}

impl Default for Meter {
    fn default() -> Self {
        let windows = Windows {
            minute: Ring::new(Duration::from_secs(60), Duration::from_secs(10)),
            hour: Ring::new(Duration::from_secs(3600), Duration::from_secs(300)),
        };
        Self {
            times: Histogram::default(),
            errors: Default::default(),
            began: Instant::now(),
            windows: Mutex::new(windows),
        }
    }
}

impl Meter {
    /// It took so many nanoseconds, whether it succeeded or not.
    #[inline]
    pub fn record(&self, ns: u64) {
        self.times.record(ns);
    }

    /// It took so long.
    pub fn took(&self, time: Duration) {
        self.record(nanos(time));
    }

    /// It failed; its time is recorded besides.
    pub fn error(&self, class: Class) {
        self.errors[class as usize].fetch_add(1, Relaxed);
    }

    /// How often, since the start.
    pub fn count(&self) -> u64 {
        self.times.count()
    }

    /// Nanoseconds in all, since the start.
    pub fn total(&self) -> u64 {
        self.times.total()
    }

    /// Since the start.
    pub fn read(&self) -> Reading {
        self.read_at(Instant::now())
    }

    fn read_at(&self, now: Instant) -> Reading {
        let errors = Errors(std::array::from_fn(|n| self.errors[n].load(Relaxed)));
        Reading { over: now.saturating_duration_since(self.began), counts: self.times.read(), errors }
    }

    /// Of a window that ends at `now`.
    pub fn window(&self, window: Window, now: Instant) -> Reading {
        let reading = self.read_at(now);
        match window {
            Window::Minute => self.windows.lock().minute.with(&reading),
            Window::Hour => self.windows.lock().hour.with(&reading),
            Window::Start => reading,
        }
    }

    /// Moves the windows on; call it at least every 10 s. Nothing is lost by a late call: its slice is
    /// longer, and [`Reading::over`] says so.
    pub fn tick(&self, now: Instant) {
        let mut windows = self.windows.lock();
        if windows.minute.is_due(self.began, now) {
            let reading = self.read_at(now);
            windows.minute.tick(&reading);
            if windows.hour.is_due(self.began, now) {
                windows.hour.tick(&reading);
            }
        }
    }

    /// Bytes it occupies, its windows included.
    pub fn bytes(&self) -> usize {
        let windows = self.windows.lock();
        size_of::<Self>() - size_of::<Histogram>() + self.times.bytes() + windows.minute.bytes() + windows.hour.bytes()
    }
}

/// Nanoseconds; 584 years are enough for anybody.
#[inline]
pub fn nanos(time: Duration) -> u64 {
    time.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(time.subsec_nanos()))
}

/// The slices of one window.
#[derive(Debug)]
struct Ring {
    window: Duration,
    slice: Duration,
    slices: VecDeque<Slice>,
    /// At the end of the last slice.
    last: Reading,
}

#[derive(Debug)]
struct Slice {
    over: Duration,
    counts: Packed,
    errors: Errors,
}

impl Slice {
    fn is_idle(&self) -> bool {
        self.counts.is_empty() && self.errors == Errors::default()
    }
}

impl Ring {
    fn new(window: Duration, slice: Duration) -> Self {
        Self { window, slice, slices: VecDeque::new(), last: Reading::default() }
    }

    fn is_due(&self, began: Instant, now: Instant) -> bool {
        now.saturating_duration_since(began).saturating_sub(self.last.over) >= self.slice
    }

    fn tick(&mut self, reading: &Reading) {
        let came = reading.minus(&self.last);
        self.last = reading.clone();
        let idle = came.counts.is_empty() && came.errors == Errors::default();
        match self.slices.back_mut().filter(|last| idle && last.is_idle()) {
            // What stands still keeps one slice, no longer than it can matter.
            Some(last) => last.over = self.window.min(last.over + came.over),
            None => {
                let over = if idle { self.window.min(came.over) } else { came.over };
                self.slices.push_back(Slice { over, counts: Packed::new(&came.counts), errors: came.errors });
            }
        }
        // Kept while what comes after it is shorter than the window.
        let mut over: Duration = self.slices.iter().map(|slice| slice.over).sum();
        while let Some(first) = self.slices.front() {
            let without = over.saturating_sub(first.over);
            if without < self.window {
                break;
            }
            self.slices.pop_front();
            over = without;
        }
    }

    /// The window's slices and what came in since the last of them.
    fn with(&self, reading: &Reading) -> Reading {
        let within = (reading.counts.min(), reading.counts.max());
        self.slices.iter().fold(reading.minus(&self.last), |sum, slice| Reading {
            over: sum.over + slice.over,
            counts: sum.counts.add(&slice.counts.unpack(within)),
            errors: sum.errors.add(slice.errors),
        })
    }

    fn bytes(&self) -> usize {
        let spare = (self.slices.capacity() - self.slices.len()) * size_of::<Slice>();
        let slices = self.slices.iter().map(|s| size_of::<Slice>() - size_of::<Packed>() + s.counts.bytes());
        spare + slices.sum::<usize>() + self.last.counts.bytes() - size_of::<Counts>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn told(meter: &Meter, window: Window, at: u64) -> (u64, u64, u64) {
        let reading = meter.window(window, meter.began + secs(at));
        (reading.counts.count(), reading.errors.total(), reading.over.as_secs())
    }

    #[test]
    fn windows_forget_what_is_older() {
        let meter = Meter::default();
        let tick = |at: u64| meter.tick(meter.began + secs(at));
        meter.record(500);
        meter.error(Class::Fault);
        assert_eq!(told(&meter, Window::Minute, 3), (1, 1, 3), "what is not ticked yet is told as well");
        for at in (5..=60).step_by(5) {
            tick(at);
        }
        assert_eq!(told(&meter, Window::Minute, 60), (1, 1, 60));
        assert_eq!(told(&meter, Window::Minute, 69), (1, 1, 69));
        tick(70);
        assert_eq!(told(&meter, Window::Minute, 70), (0, 0, 60), "the slice of the first ten seconds is gone");
        assert_eq!(told(&meter, Window::Hour, 70), (1, 1, 70));
        meter.record(700);
        for at in (80..=3_600).step_by(10) {
            tick(at);
        }
        assert_eq!(told(&meter, Window::Hour, 3_600), (2, 1, 3_600));
        for at in (3_610..=3_900).step_by(10) {
            tick(at);
        }
        assert_eq!(told(&meter, Window::Hour, 3_900), (0, 0, 3_600), "both came in the first five minutes");
        assert_eq!(told(&meter, Window::Start, 3_900), (2, 1, 3_900));
    }

    #[test]
    fn a_late_tick_makes_a_longer_slice() {
        let meter = Meter::default();
        meter.record(1);
        meter.tick(meter.began + secs(45));
        assert_eq!(told(&meter, Window::Minute, 50), (1, 0, 50));
        meter.tick(meter.began + secs(200));
        assert_eq!(told(&meter, Window::Minute, 200), (0, 0, 60), "what stood still is told no longer than its window");
    }

    #[test]
    fn a_windows_percentiles_are_its_own() {
        let meter = Meter::default();
        (0..1_000).for_each(|_| meter.record(1_000_000_000));
        for at in (10..=100).step_by(10) {
            meter.tick(meter.began + secs(at));
        }
        (0..10).for_each(|_| meter.record(2_000));
        let minute = meter.window(Window::Minute, meter.began + secs(101));
        assert_eq!(minute.counts.count(), 10);
        assert!(minute.counts.percentile(9_900) < 2_070 && minute.counts.max() < 2_070, "{minute:?}");
        assert!(meter.read().counts.percentile(5_000) > 960_000_000);
    }

    #[test]
    fn memory_is_bounded() {
        let meter = Meter::default();
        assert!(meter.bytes() < 700, "{}", meter.bytes());
        for tick in 1..=2_000u64 {
            for n in 0..600u64 {
                meter.record(1 << (n % 39) | (n << (n % 30)));
            }
            meter.tick(meter.began + secs(tick * 10));
        }
        let windows = meter.bytes() - meter.times.bytes();
        assert!(windows < 30_000, "{windows} bytes of windows");
        assert!(meter.bytes() < 35_000, "{}", meter.bytes());
    }

    #[test]
    fn statuses_have_classes() {
        let check = |status, expected| assert_eq!(Class::of_status(status), expected, "{status}");
        check(200, None);
        check(304, None);
        check(404, Some(Class::Refused));
        check(429, Some(Class::Limited));
        check(500, Some(Class::Fault));
        check(503, Some(Class::Busy));
        check(507, Some(Class::Disk));
    }
}
