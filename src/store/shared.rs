//! What the writer's thread and its callers share: the queue, the health, the counts.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::job::{self, Job};
use crate::error::{Error, Refusal};
use crate::timing::Registry;

/// Whether the store takes writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    Writable,
    /// No room on the disk; read-only until there is.
    Full,
    /// The file is damaged; read-only for good. The text is what SQLite said.
    Corrupt(String),
    /// Stopped, or about to be.
    Stopping,
}

/// Counts since the store was opened, and where it stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Jobs waiting now.
    pub queue: u64,
    pub batches: u64,
    /// Jobs that were run and answered after their batch's commit, refused ones included.
    pub jobs: u64,
    /// Of those, answered with a refusal or a fault.
    pub jobs_refused: u64,
    /// Jobs skipped because their caller had gone.
    pub jobs_abandoned: u64,
    /// Jobs that were lost with their batch.
    pub jobs_lost: u64,
    /// Most jobs in one batch.
    pub batch_max: u64,
    /// How long the last commit took, its sync included, in µs.
    pub last_sync_us: u64,
    /// The write-ahead log's frames in use, in bytes.
    pub wal_bytes: u64,
    pub checkpoints_passive: u64,
    /// Checkpoints that emptied the log.
    pub checkpoints_truncate: u64,
    /// Checkpoints that somebody's snapshot kept from emptying the log.
    pub checkpoints_stalled: u64,
    /// Times nobody got a reader in time.
    pub readers_busy: u64,
}

macro_rules! counters {
    ($($name:ident),*) => {
        #[derive(Default)]
        pub(super) struct Counters { $(pub(super) $name: AtomicU64),* }

        impl Counters {
            fn stats(&self, queue: u64) -> Stats {
                Stats { queue, $($name: self.$name.load(Relaxed)),* }
            }
        }
    };
}

counters!(
    batches,
    jobs,
    jobs_refused,
    jobs_abandoned,
    jobs_lost,
    batch_max,
    last_sync_us,
    wal_bytes,
    checkpoints_passive,
    checkpoints_truncate,
    checkpoints_stalled,
    readers_busy
);

pub(super) fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Relaxed);
}

struct Queue {
    jobs: VecDeque<Box<dyn Job>>,
    closed: bool,
}

pub(super) struct Shared {
    /// The file's one name.
    path: PathBuf,
    queue: Mutex<Queue>,
    came: Condvar,
    queue_max: usize,
    health: Mutex<Health>,
    pub(super) counters: Counters,
    pub(super) timing: Arc<Registry>,
    #[cfg(debug_assertions)]
    pub(super) faults: super::Faults,
}

pub(super) enum Taken {
    Jobs,
    Idle,
    Closed,
}

impl Shared {
    pub(super) fn new(path: PathBuf, queue_max: usize, timing: Arc<Registry>) -> Self {
        Self {
            path,
            queue: Mutex::new(Queue { jobs: VecDeque::new(), closed: false }),
            came: Condvar::new(),
            queue_max,
            health: Mutex::new(Health::Writable),
            counters: Counters::default(),
            timing,
            #[cfg(debug_assertions)]
            faults: super::Faults::default(),
        }
    }

    /// Jobs that were taken and did not fit: they are the first again, also after the queue was closed.
    pub(super) fn put_back(&self, jobs: impl DoubleEndedIterator<Item = Box<dyn Job>>) {
        let mut queue = self.queue.lock();
        for job in jobs.rev() {
            queue.jobs.push_front(job);
        }
    }

    /// Queues a job, or says why not, at once.
    pub(super) fn push(&self, job: Box<dyn Job>) -> Result<(), Error> {
        let mut queue = self.queue.lock();
        if queue.closed {
            return Err(Refusal::Stopping.into());
        }
        if queue.jobs.len() >= self.queue_max {
            let detail = format!("{} writes are waiting already. Try again with the same key.", queue.jobs.len());
            return Err(Refusal::Busy.because(detail).retry_after(1).into());
        }
        queue.jobs.push_back(job);
        drop(queue);
        self.came.notify_one();
        Ok(())
    }

    /// Moves up to `max` waiting jobs to `batch`. Waits for the first, at most `idle` where given.
    pub(super) fn take(&self, batch: &mut Vec<Box<dyn Job>>, max: usize, idle: Option<Duration>) -> Taken {
        let mut queue = self.queue.lock();
        while queue.jobs.is_empty() {
            if queue.closed {
                return Taken::Closed;
            }
            match idle {
                None => self.came.wait(&mut queue),
                Some(idle) => {
                    if self.came.wait_for(&mut queue, idle).timed_out() && queue.jobs.is_empty() && !queue.closed {
                        return Taken::Idle;
                    }
                }
            }
        }
        let n = queue.jobs.len().min(max);
        batch.extend(queue.jobs.drain(..n));
        Taken::Jobs
    }

    /// Takes no more jobs; those waiting still run.
    pub(super) fn close(&self) {
        self.queue.lock().closed = true;
        self.came.notify_one();
    }

    /// Drops the waiting jobs unanswered: their callers hear that the store has ended.
    pub(super) fn abandon(&self) {
        let dropped = std::mem::take(&mut self.queue.lock().jobs);
        drop(dropped);
    }

    pub(super) fn queue_max(&self) -> usize {
        self.queue_max
    }

    pub(super) fn health(&self) -> Health {
        self.health.lock().clone()
    }

    pub(super) fn set_health(&self, next: Health) {
        let mut health = self.health.lock();
        // Damage stays damage, whatever comes after it.
        if !matches!(*health, Health::Corrupt(_)) && *health != next {
            match &next {
                Health::Writable => log::warn!("there is room again: the store takes writes"),
                Health::Full => log::error!("the disk is full: nothing is written until there is room"),
                Health::Corrupt(what) => {
                    log::error!("nothing more is written: {}", job::damaged(what, &self.path).detail);
                }
                Health::Stopping => log::debug!("the store stops"),
            }
            *health = next;
        }
    }

    pub(super) fn now_corrupt(&self, what: &str) {
        self.set_health(Health::Corrupt(what.to_owned()));
    }

    pub(super) fn stats(&self) -> Stats {
        let queue = self.queue.lock().jobs.len();
        self.counters.stats(queue as u64)
    }
}
