//! Latencies, kept so that every percentile is within one part in a hundred.

use std::time::Duration;

/// 64 steps between a power of two and the next.
const STEP_BITS: u32 = 6;
const STEPS: u64 = 1 << STEP_BITS;

/// Nanoseconds in buckets as wide as a 64th of what they hold.
#[derive(Debug, Default)]
pub(super) struct Latency {
    buckets: Vec<u64>,
    count: u64,
    sum_ns: u64,
    max_ns: u64,
}

fn bucket(ns: u64) -> usize {
    let shift = (u64::BITS - ns.leading_zeros()).saturating_sub(STEP_BITS + 1);
    usize::try_from(u64::from(shift) * STEPS + (ns >> shift)).unwrap_or(usize::MAX)
}

/// The greatest value of a bucket.
fn top(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < 2 * STEPS {
        return bucket;
    }
    let shift = bucket / STEPS - 1;
    let step = bucket - shift * STEPS;
    ((step + 1) << shift).wrapping_sub(1)
}

impl Latency {
    pub(super) fn record(&mut self, took: Duration) {
        let ns = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let bucket = bucket(ns);
        if bucket >= self.buckets.len() {
            self.buckets.resize(bucket + 1, 0);
        }
        self.buckets[bucket] += 1;
        self.count += 1;
        self.sum_ns = self.sum_ns.saturating_add(ns);
        self.max_ns = self.max_ns.max(ns);
    }

    /// The time that so many of ten thousand do not exceed; 0 where there is none.
    pub(super) fn percentile_us(&self, per_ten_thousand: u64) -> u64 {
        let rank = (self.count * per_ten_thousand).div_ceil(10_000).max(1);
        let mut seen = 0;
        let found = self.buckets.iter().position(|n| {
            seen += n;
            seen >= rank
        });
        found.map_or(0, |bucket| top(bucket).min(self.max_ns).div_ceil(1000))
    }

    pub(super) fn mean_us(&self) -> u64 {
        self.sum_ns.checked_div(self.count).unwrap_or_default() / 1000
    }

    pub(super) fn max_us(&self) -> u64 {
        self.max_ns.div_ceil(1000)
    }
}
