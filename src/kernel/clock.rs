//! What time it is, as something handed down, so that a test decides it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::day::UtcMs;

pub trait Clock: Send + Sync {
    fn now(&self) -> UtcMs;
}

/// The machine's own.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UtcMs {
        // Before 1970 the machine's clock is not set at all, and 0 says so as well.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UtcMs::new(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A clock that stands until it is told otherwise.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub fn at(now: UtcMs) -> Self {
        Self(AtomicI64::new(now.get()))
    }

    pub fn set(&self, now: UtcMs) {
        self.0.store(now.get(), Ordering::SeqCst);
    }

    /// Forwards, or back with a negative number.
    pub fn advance_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UtcMs {
        UtcMs::new(self.0.load(Ordering::SeqCst))
    }
}

impl<C: Clock + ?Sized> Clock for std::sync::Arc<C> {
    fn now(&self) -> UtcMs {
        (**self).now()
    }
}
