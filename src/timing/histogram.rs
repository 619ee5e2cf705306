//! A histogram that many threads fill without waiting for each other.
//!
//! Buckets are linear within a power of two: sixteen to each, so a bucket is a sixteenth of its lower
//! bound wide at most, and its middle is at most 1/32 (3.1 %) away from any value in it. Values below
//! 32 are exact. The method is that of HdrHistogram (Tene, <http://hdrhistogram.org>), which is the
//! oracle in the tests; what differs is that buckets are made when first needed.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Buckets to a power of two.
const SUBS: usize = 16;
const SUB_BITS: u32 = 4;
/// Buckets are made by so many at a time: four powers of two.
const CHUNK: usize = 64;
const CHUNKS: usize = 9;
const BUCKETS: usize = CHUNK * CHUNKS;

/// Values from here on are counted in the last bucket: 2³⁹, which is 549 s in nanoseconds.
pub const VALUE_MAX: u64 = 1 << 39;

type Chunk = [AtomicU64; CHUNK];

/// Counts of values by size, whatever their unit; nanoseconds where nothing else is said.
///
/// Recording is two relaxed additions and two loads. The histogram itself is 168 bytes and grows by
/// 512 bytes with each four powers of two in which values are seen: a statement that takes between
/// 4 µs and 1 ms has two or three such pieces. All nine make 4,776 bytes ([`Histogram::bytes`]).
#[derive(Debug)]
pub struct Histogram {
    chunks: [OnceLock<Box<Chunk>>; CHUNKS],
    total: AtomicU64,
    min: AtomicU64,
    max: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            chunks: [const { OnceLock::new() }; CHUNKS],
            total: AtomicU64::new(0),
            min: AtomicU64::new(u64::MAX),
            max: AtomicU64::new(0),
        }
    }
}

impl Histogram {
    /// Counts one value. Any value; from [`VALUE_MAX`] on only the maximum and the mean tell them apart.
    #[inline]
    pub fn record(&self, value: u64) {
        let bucket = bucket_of(value);
        let chunk = self.chunks[bucket / CHUNK].get_or_init(|| Box::new([const { AtomicU64::new(0) }; CHUNK]));
        chunk[bucket % CHUNK].fetch_add(1, Relaxed);
        self.total.fetch_add(value, Relaxed);
        // A load is cheaper than an exchange, and extremes change seldom.
        if value > self.max.load(Relaxed) {
            self.max.fetch_max(value, Relaxed);
        }
        if value < self.min.load(Relaxed) {
            self.min.fetch_min(value, Relaxed);
        }
    }

    /// What was counted so far. Values that are recorded meanwhile may be in it or not.
    pub fn read(&self) -> Counts {
        let mut buckets = Vec::new();
        for (at, chunk) in self.chunks.iter().enumerate() {
            for (offset, count) in chunk.get().into_iter().flat_map(|chunk| chunk.iter().enumerate()) {
                match count.load(Relaxed) {
                    0 => {}
                    count => buckets.push(((at * CHUNK + offset) as u16, count)),
                }
            }
        }
        let (min, max) = (self.min.load(Relaxed), self.max.load(Relaxed));
        Counts { buckets, total: self.total.load(Relaxed), min: min.min(max), max }
    }

    /// How many values, without reading all there is to know of them.
    pub fn count(&self) -> u64 {
        self.chunks.iter().filter_map(OnceLock::get).flat_map(|chunk| chunk.iter()).map(|n| n.load(Relaxed)).sum()
    }

    /// Sum of all values.
    pub fn total(&self) -> u64 {
        self.total.load(Relaxed)
    }

    /// Bytes it occupies.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.chunks.iter().filter(|chunk| chunk.get().is_some()).count() * size_of::<Chunk>()
    }
}

/// The bucket a value is counted in.
#[inline]
fn bucket_of(value: u64) -> usize {
    if value < SUBS as u64 {
        return value as usize;
    }
    let power = value.ilog2();
    let within = (value >> (power - SUB_BITS)) as usize - SUBS;
    ((power - SUB_BITS + 1) as usize * SUBS + within).min(BUCKETS - 1)
}

/// The least and the greatest value of a bucket.
fn bounds(bucket: u16) -> (u64, u64) {
    let bucket = usize::from(bucket);
    if bucket < SUBS {
        return (bucket as u64, bucket as u64);
    }
    let shift = bucket / SUBS - 1;
    let low = ((SUBS + bucket % SUBS) as u64) << shift;
    (low, low + (1 << shift) - 1)
}

/// The counts of a [`Histogram`] at one moment, or what was added between two.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// The buckets that are not empty, in order.
    buckets: Vec<(u16, u64)>,
    total: u64,
    min: u64,
    max: u64,
}

impl Counts {
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| count).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    /// Sum of all values, exactly.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Zero where nothing was counted; rounded down.
    pub fn mean(&self) -> u64 {
        self.total.checked_div(self.count()).unwrap_or(0)
    }

    /// Exact since the start; of a window as exact as its bucket. Zero where nothing was counted.
    pub fn min(&self) -> u64 {
        self.min
    }

    /// Exact since the start; of a window as exact as its bucket. Zero where nothing was counted.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The value that so many of ten thousand do not exceed (nearest rank), within 3.1 %: `9_500` is
    /// p95. Zero where nothing was counted.
    pub fn percentile(&self, per_ten_thousand: u32) -> u64 {
        let count = self.count();
        let rank = (u128::from(count) * u128::from(per_ten_thousand.min(10_000))).div_ceil(10_000).max(1);
        let mut seen = 0;
        for &(bucket, n) in &self.buckets {
            seen += u128::from(n);
            if seen >= rank {
                let (low, high) = bounds(bucket);
                return (low + (high - low) / 2).clamp(self.min, self.max);
            }
        }
        0
    }

    /// How many exceed `value`, give or take those in its own bucket, which are left out.
    pub fn above(&self, value: u64) -> u64 {
        let bucket = bucket_of(value) as u16;
        self.buckets.iter().filter(|(at, _)| *at > bucket).map(|(_, count)| count).sum()
    }

    /// What was added since `earlier`, a reading of the same histogram.
    #[must_use]
    pub fn minus(&self, earlier: &Counts) -> Counts {
        let mut before = earlier.buckets.iter().peekable();
        let mut buckets = Vec::new();
        for &(bucket, count) in &self.buckets {
            while before.next_if(|(at, _)| *at < bucket).is_some() {}
            let then = before.next_if(|(at, _)| *at == bucket).map_or(0, |(_, count)| *count);
            if count > then {
                buckets.push((bucket, count - then));
            }
        }
        Self::of(buckets, self.total.saturating_sub(earlier.total), (self.min, self.max))
    }

    /// Both together.
    #[must_use]
    pub fn add(&self, other: &Counts) -> Counts {
        if other.is_empty() || self.is_empty() {
            return if self.is_empty() { other } else { self }.clone();
        }
        let mut buckets = Vec::with_capacity(self.buckets.len() + other.buckets.len());
        let (mut ours, mut theirs) = (self.buckets.iter().peekable(), other.buckets.iter().peekable());
        loop {
            let next = match (ours.peek(), theirs.peek()) {
                (Some((a, n)), Some((b, m))) if a == b => {
                    let both = (*a, n + m);
                    ours.next();
                    theirs.next();
                    both
                }
                (Some((a, _)), Some((b, _))) if a > b => *theirs.next().unwrap_or(&(0, 0)),
                (Some(_), _) => *ours.next().unwrap_or(&(0, 0)),
                (None, Some(_)) => *theirs.next().unwrap_or(&(0, 0)),
                (None, None) => break,
            };
            buckets.push(next);
        }
        Counts {
            buckets,
            total: self.total.saturating_add(other.total),
            min: self.min.min(other.min),
            max: self.max.max(other.max),
        }
    }

    /// Counts whose extremes are known only by their buckets, and not to lie outside `within`.
    fn of(buckets: Vec<(u16, u64)>, total: u64, within: (u64, u64)) -> Counts {
        let (Some(first), Some(last)) = (buckets.first(), buckets.last()) else { return Counts::default() };
        let (min, max) = (bounds(first.0).0.clamp(within.0, within.1), bounds(last.0).1.clamp(within.0, within.1));
        // The last bucket has no upper bound of its own.
        let max = if usize::from(last.0) == BUCKETS - 1 { within.1 } else { max };
        Counts { buckets, total, min, max }
    }

    /// Bytes it occupies.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.buckets.capacity() * size_of::<(u16, u64)>()
    }
}

/// Buckets a [`Packed`] keeps at most.
const PACKED_MAX: usize = 64;

/// [`Counts`] to keep: 8 bytes a bucket, and no more than [`PACKED_MAX`] of them. What is spread wider
/// is counted in buckets twice as wide, and so on, until it fits.
#[derive(Debug, Default)]
pub(super) struct Packed {
    buckets: Box<[(u16, u32)]>,
    total: u64,
}

impl Packed {
    pub(super) fn new(counts: &Counts) -> Self {
        let narrow = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let mut buckets: Vec<(u16, u32)> = counts.buckets.iter().map(|&(at, n)| (at, narrow(n))).collect();
        let mut step = 1;
        while buckets.len() > PACKED_MAX {
            step *= 2;
            let mut wider: Vec<(u16, u32)> = Vec::with_capacity(buckets.len() / 2 + 1);
            for (at, n) in buckets {
                // The upper of a pair's two middles; a pair never leaves its power of two.
                let at = at / step * step + step / 2;
                match wider.last_mut() {
                    Some((last, sum)) if *last == at => *sum = sum.saturating_add(n),
                    _ => wider.push((at, n)),
                }
            }
            buckets = wider;
        }
        Self { buckets: buckets.into_boxed_slice(), total: counts.total }
    }

    /// Back again. `within` are the least and greatest values ever seen.
    pub(super) fn unpack(&self, within: (u64, u64)) -> Counts {
        Counts::of(self.buckets.iter().map(|&(at, n)| (at, u64::from(n))).collect(), self.total, within)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.buckets)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn recorded(values: &[u64]) -> Histogram {
        let histogram = Histogram::default();
        values.iter().for_each(|&value| histogram.record(value));
        histogram
    }

    /// Against HdrHistogram at three digits, whose own error is 0.1 %.
    #[expect(clippy::float_arithmetic, reason = "the oracle takes its quantiles so")]
    fn agrees(values: &[u64]) {
        let mut oracle = hdrhistogram::Histogram::<u64>::new_with_bounds(1, VALUE_MAX, 3).unwrap();
        values.iter().for_each(|&value| oracle.record(value).unwrap());
        let counts = recorded(values).read();
        assert_eq!(counts.count(), oracle.len());
        assert_eq!(counts.total(), values.iter().sum::<u64>());
        assert_eq!(counts.min(), *values.iter().min().unwrap());
        assert_eq!(counts.max(), *values.iter().max().unwrap());
        for p in [1, 100, 5_000, 9_000, 9_500, 9_900, 9_990, 10_000] {
            let expected = oracle.value_at_quantile(f64::from(p) / 10_000.0);
            let found = counts.percentile(p);
            // 1/32 of ours, a thousandth of the oracle's, and one for rounding.
            let allowed = expected / 32 + expected / 900 + 1;
            assert!(found.abs_diff(expected) <= allowed, "p{p} of {} values: {found}, not {expected}", values.len());
        }
    }

    #[test]
    fn percentiles_are_those_of_hdrhistogram() {
        agrees(&[0]);
        agrees(&[15, 16, 17, 31, 32, 33]);
        agrees(&[1, 60_000_000_000]);
        agrees(&(1..=10_000).collect::<Vec<_>>());
        agrees(&(0..2_000).map(|n| 200 + n * n).collect::<Vec<_>>());
    }

    proptest! {
        #[test]
        fn and_for_any_values(values in prop::collection::vec(
            prop_oneof![0..100u64, 100..100_000u64, 100_000..60_000_000_000u64], 1..400,
        )) {
            agrees(&values);
        }

        #[test]
        fn a_bucket_is_as_narrow_as_promised(value in 0..VALUE_MAX) {
            let (low, high) = bounds(bucket_of(value) as u16);
            prop_assert!(low <= value && value <= high);
            let middle = low + (high - low) / 2;
            prop_assert!(middle.abs_diff(value) * 32 <= value, "{value} is told as {middle}");
        }

        #[test]
        fn what_came_between_is_the_difference(
            before in prop::collection::vec(0..1_000_000u64, 0..100),
            after in prop::collection::vec(0..1_000_000u64, 0..100),
        ) {
            let histogram = recorded(&before);
            let earlier = histogram.read();
            after.iter().for_each(|&value| histogram.record(value));
            let between = histogram.read().minus(&earlier);
            let alone = recorded(&after).read();
            prop_assert_eq!(&between.buckets, &alone.buckets);
            prop_assert_eq!(between.total(), alone.total());
            prop_assert_eq!(&earlier.add(&between).buckets, &histogram.read().buckets);
            prop_assert!(between.min() <= alone.min() && between.max() >= alone.max());
        }

        #[test]
        fn packed_keeps_count_and_sum(values in prop::collection::vec(0..VALUE_MAX, 1..600)) {
            let counts = recorded(&values).read();
            let packed = Packed::new(&counts);
            prop_assert!(packed.buckets.len() <= PACKED_MAX);
            let back = packed.unpack((counts.min(), counts.max()));
            prop_assert_eq!((back.count(), back.total()), (counts.count(), counts.total()));
            if counts.buckets.len() <= PACKED_MAX {
                prop_assert_eq!(&back.buckets, &counts.buckets);
            }
        }
    }

    #[test]
    fn buckets_follow_each_other_without_a_gap() {
        let mut next = 0;
        for bucket in 0..BUCKETS as u16 {
            let (low, high) = bounds(bucket);
            assert_eq!(low, next, "bucket {bucket}");
            assert_eq!((bucket_of(low), bucket_of(high)), (usize::from(bucket), usize::from(bucket)));
            next = high + 1;
        }
        assert_eq!(next, VALUE_MAX);
        assert_eq!(bucket_of(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn beyond_the_range_only_detail_is_lost() {
        let counts = recorded(&[VALUE_MAX * 4, 7]).read();
        assert_eq!((counts.count(), counts.min(), counts.max()), (2, 7, VALUE_MAX * 4));
        assert_eq!(counts.minus(&recorded(&[7]).read()).max(), VALUE_MAX * 4);
    }

    #[test]
    fn nothing_recorded_is_all_zeros() {
        let counts = Histogram::default().read();
        assert_eq!((counts.count(), counts.mean(), counts.min(), counts.max()), (0, 0, 0, 0));
        assert_eq!((counts.percentile(9_900), counts.above(0)), (0, 0));
    }

    #[test]
    fn memory_is_as_stated() {
        assert_eq!(Histogram::default().bytes(), 168);
        let full = recorded(&(0..64).map(|power| 1u64 << power).collect::<Vec<_>>());
        assert_eq!(full.bytes(), 4_776);
        assert_eq!(recorded(&[4_096, 1_000_000]).bytes(), 168 + 2 * 512);
    }

    #[test]
    fn threads_lose_nothing() {
        let histogram = Histogram::default();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let histogram = &histogram;
                scope.spawn(move || (0..10_000).for_each(|n| histogram.record(n * (thread + 1))));
            }
        });
        let counts = histogram.read();
        assert_eq!(counts.count(), 40_000);
        assert_eq!(counts.total(), (1 + 2 + 3 + 4) * (9_999 * 10_000 / 2));
        assert_eq!(histogram.count(), 40_000);
    }
}
