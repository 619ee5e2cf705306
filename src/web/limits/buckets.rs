//! Token buckets by key, in bounded memory.
//!
//! The counting is `governor`'s; where it is kept is ours, since a limit that remembers everybody who ever
//! asked would itself be what a flood from many addresses fills.

use std::hash::Hash;
use std::num::NonZeroU32;

use governor::clock::{Clock, MonotonicClock};
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;
use governor::{Quota, RateLimiter};
use lru::LruCache;
use parking_lot::Mutex;

/// What a bucket still has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Left {
    /// Requests that it lets through at once.
    pub(super) requests: u32,
    /// Seconds until it is full again; where nothing is left, until it lets one through.
    pub(super) seconds: u32,
}

/// One bucket a key. Holds `burst` requests, and gets `per_s` of them a second.
pub(super) struct Buckets<K: Hash + Eq + Clone, C: Clock = MonotonicClock> {
    limiter: RateLimiter<K, Kept<K>, C, StateInformationMiddleware>,
    burst: u32,
    per_s: u32,
}

impl<K: Hash + Eq + Clone, C: Clock> Buckets<K, C> {
    /// For the last `keys_max` who asked; none where there is no limit.
    pub(super) fn new(per_s: u32, burst: u32, keys_max: usize, clock: C) -> Option<Self> {
        let quota = Quota::per_second(NonZeroU32::new(per_s)?).allow_burst(NonZeroU32::new(burst)?);
        let limiter = RateLimiter::new(quota, Kept::new(keys_max), clock);
        Some(Self { limiter, burst, per_s })
    }

    /// Takes one from the bucket of `key`, and says what is left; the error is when to come back.
    pub(super) fn ask(&self, key: &K) -> Result<Left, Left> {
        match self.limiter.check_key(key) {
            Ok(state) => {
                let requests = state.remaining_burst_capacity();
                Ok(Left { requests, seconds: self.burst.saturating_sub(requests).div_ceil(self.per_s) })
            }
            Err(until) => {
                let wait = until.wait_time_from(self.limiter.clock().now());
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                Err(Left { requests: 0, seconds: u32::try_from(seconds.max(1)).unwrap_or(u32::MAX) })
            }
        }
    }

    /// Seconds in which an empty one is full.
    pub(super) fn window_s(&self) -> u32 {
        self.burst.div_ceil(self.per_s)
    }

    pub(super) fn burst(&self) -> u32 {
        self.burst
    }

    /// Lets go of those whose buckets are full again.
    pub(super) fn forget(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }

    #[cfg(test)]
    fn kept(&self) -> usize {
        self.limiter.len()
    }
}

/// When each key's bucket is full again, for the last ones that asked. Whoever falls out begins anew with a
/// full bucket: a flood of addresses is then held by the budget of requests under way, not by memory.
struct Kept<K: Hash + Eq>(Mutex<LruCache<K, Nanos>>, usize);

impl<K: Hash + Eq> Kept<K> {
    fn new(max: usize) -> Self {
        // Grows as they come: most houses never have more than a few dozen.
        Self(Mutex::new(LruCache::unbounded()), max)
    }
}

impl<K: Hash + Eq + Clone> StateStore for Kept<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut kept = self.0.lock();
        if let Some(full_at) = kept.get_mut(key) {
            let (outcome, next) = f(Some(*full_at))?;
            *full_at = next;
            return Ok(outcome);
        }
        let (outcome, next) = f(None)?;
        if kept.len() >= self.1 {
            kept.pop_lru();
        }
        kept.put(key.clone(), next);
        Ok(outcome)
    }
}

impl<K: Hash + Eq + Clone> ShrinkableKeyedStateStore<K> for Kept<K> {
    fn retain_recent(&self, drop_below: Nanos) {
        let mut kept = self.0.lock();
        // Who asked last is full last, or nearly so; what stands in between goes the next time.
        while kept.peek_lru().is_some_and(|(_, full_at)| *full_at < drop_below) {
            kept.pop_lru();
        }
    }

    fn len(&self) -> usize {
        self.0.lock().len()
    }

    fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use governor::clock::FakeRelativeClock;

    use super::*;

    fn left(requests: u32, seconds: u32) -> Left {
        Left { requests, seconds }
    }

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let clock = FakeRelativeClock::default();
        let buckets = Buckets::new(2, 4, 10, clock.clone()).unwrap();
        assert_eq!((buckets.burst(), buckets.window_s()), (4, 2));
        for expected in [left(3, 1), left(2, 1), left(1, 2), left(0, 2)] {
            assert_eq!(buckets.ask(&"till"), Ok(expected));
        }
        assert_eq!(buckets.ask(&"till"), Err(left(0, 1)));
        assert_eq!(buckets.ask(&"tablet"), Ok(left(3, 1)), "each has its own");
        clock.advance(Duration::from_millis(499));
        assert_eq!(buckets.ask(&"till"), Err(left(0, 1)));
        clock.advance(Duration::from_millis(1));
        assert_eq!(buckets.ask(&"till"), Ok(left(0, 2)));
        assert_eq!(buckets.ask(&"till"), Err(left(0, 1)), "what was refused has cost nothing, and gained nothing");
        clock.advance(Duration::from_secs(3_600));
        assert_eq!(buckets.ask(&"till"), Ok(left(3, 1)), "no more than full");
    }

    #[test]
    fn a_slow_bucket_says_when_to_come_back() {
        let clock = FakeRelativeClock::default();
        let buckets = Buckets::new(1, 1, 10, clock.clone()).unwrap();
        assert_eq!(buckets.ask(&1), Ok(left(0, 1)));
        clock.advance(Duration::from_millis(999));
        assert_eq!(buckets.ask(&1), Err(left(0, 1)));
    }

    #[test]
    fn without_a_rate_there_is_no_limit() {
        assert!(Buckets::<u8, _>::new(0, 4, 10, FakeRelativeClock::default()).is_none());
    }

    #[test]
    fn ten_thousand_addresses_leave_few() {
        let clock = FakeRelativeClock::default();
        let buckets = Buckets::new(10, 10, 100, clock.clone()).unwrap();
        for address in 0..10_000 {
            assert!(buckets.ask(&address).is_ok());
            // Whoever goes on asking is not forgotten among them.
            let busy = buckets.ask(&-1);
            assert_eq!(busy.is_ok(), address < 10, "{address}");
        }
        assert_eq!(buckets.kept(), 100);
        buckets.forget();
        assert_eq!(buckets.kept(), 100, "they asked a moment ago");
        clock.advance(Duration::from_secs(2));
        buckets.forget();
        assert_eq!(buckets.kept(), 0, "their buckets are full: there is nothing to remember");
    }
}
