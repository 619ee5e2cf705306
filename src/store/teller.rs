//! Answers the callers of a batch while the writer is at the next one.
//!
//! To answer is to wake the thread of whoever waits: a call of the kernel for some, and an eighth of the
//! writer's time in a rush. What was committed, synced and let go from the cache may be told by anybody.

use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use super::job::Job;

/// Fewer are answered by the writer itself, sooner than another thread wakes up.
const HANDED_OVER_MIN: usize = 4;

type Batch = Vec<Box<dyn Job>>;

pub(super) struct Teller {
    /// `None` where there is no thread for it.
    batches: Option<mpsc::Sender<Batch>>,
    thread: Option<JoinHandle<()>>,
}

impl Teller {
    pub(super) fn start() -> Self {
        let (batches, given) = mpsc::channel::<Batch>();
        let tell = move || given.into_iter().flatten().for_each(Job::answer);
        match thread::Builder::new().name("teller".to_owned()).spawn(tell) {
            Ok(thread) => Self { batches: Some(batches), thread: Some(thread) },
            Err(error) => {
                log::warn!("no thread for answers, so the writer gives them: {error}");
                Self { batches: None, thread: None }
            }
        }
    }

    /// Answers every job of a batch that has come to its end, now or soon.
    pub(super) fn answer(&self, batch: &mut Batch) {
        if batch.len() >= HANDED_OVER_MIN
            && let Some(batches) = &self.batches
        {
            match batches.send(std::mem::take(batch)) {
                Ok(()) => return,
                Err(mpsc::SendError(back)) => *batch = back,
            }
        }
        batch.drain(..).for_each(Job::answer);
    }
}

/// Nobody is left without an answer.
impl Drop for Teller {
    fn drop(&mut self) {
        self.batches = None;
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            log::error!("the thread for answers ended by a panic");
        }
    }
}
