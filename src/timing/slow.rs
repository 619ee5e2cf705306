//! The requests that took too long, the latest of them.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;

use super::sheet::CacheOutcome;

/// Requests kept; the oldest goes first.
pub(super) const KEPT: usize = 200;
/// Statements kept of each, those that took longest.
pub(super) const STATEMENTS_KEPT: usize = 24;

/// One statement of a slow request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlowStatement {
    pub number: u32,
    pub name: &'static str,
    pub runs: u32,
    /// Rows read, or changed.
    pub rows: u64,
    pub us: u64,
}

/// A request that took longer than the limit. Times are µs; what is neither in the database's times
/// nor in a wait is the program's own and the event loop's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlowRequest {
    /// When it ended, in ms of UTC.
    pub at_ms: i64,
    pub request_id: String,
    pub method: String,
    /// The route's pattern, not the path, which may name a guest.
    pub route: String,
    pub status: u16,
    /// From its head to its answer's head.
    pub app_us: u64,
    /// Inside statements.
    pub db_us: u64,
    pub queue_us: u64,
    pub reader_us: u64,
    pub commit_us: u64,
    pub cache: CacheOutcome,
    /// Those that took longest, first.
    pub statements: Vec<SlowStatement>,
}

/// A ring of them.
#[derive(Debug, Default)]
pub(super) struct SlowLog {
    kept: Mutex<VecDeque<Arc<SlowRequest>>>,
}

impl SlowLog {
    pub(super) fn push(&self, mut slow: SlowRequest) -> Arc<SlowRequest> {
        slow.statements.sort_by_key(|statement| std::cmp::Reverse(statement.us));
        slow.statements.truncate(STATEMENTS_KEPT);
        let slow = Arc::new(slow);
        let mut kept = self.kept.lock();
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back(Arc::clone(&slow));
        slow
    }

    /// The newest first.
    pub(super) fn read(&self) -> Vec<Arc<SlowRequest>> {
        self.kept.lock().iter().rev().cloned().collect()
    }

    pub(super) fn bytes(&self) -> usize {
        let kept = self.kept.lock();
        let of = |slow: &Arc<SlowRequest>| {
            size_of::<SlowRequest>()
                + slow.request_id.capacity()
                + slow.method.capacity()
                + slow.route.capacity()
                + slow.statements.capacity() * size_of::<SlowStatement>()
        };
        kept.capacity() * size_of::<Arc<SlowRequest>>() + kept.iter().map(of).sum::<usize>()
    }
}
