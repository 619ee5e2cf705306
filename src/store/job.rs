//! One write on its way: the closure, then its result, then the answer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::oneshot;

use super::outcome::{Ended, Loss};
use super::shared::Health;
use super::side;
use super::tx::Tx;
use crate::error::{Error, Fault, Refusal, Refused, Result};
use crate::timing::{self, Sheet, Wait};

/// A write that waits for its turn, and then for its batch's commit.
pub(super) trait Job: Send {
    /// Its caller has gone and nobody would hear the answer.
    fn abandoned(&self) -> bool;
    /// It begins at `now`: how long it stood in the queue, in ns.
    fn begins(&self, now: Instant) -> u64;
    fn run(&mut self, tx: &Tx<'_>) -> Ended;
    /// Its batch's commit took so many ns.
    fn committed(&self, ns: u64);
    /// Replaces the answer it came to.
    fn fail(&mut self, error: Error);
    fn answer(self: Box<Self>);
}

struct Task<T, F> {
    job: Option<F>,
    result: Option<Result<T>>,
    answer: oneshot::Sender<Result<T>>,
    sent: Instant,
    /// Of the request that sent it.
    sheet: Option<Arc<Sheet>>,
}

/// A job and where its answer will come.
pub(super) fn new<T, F>(f: F) -> (Box<dyn Job>, oneshot::Receiver<Result<T>>)
where
    T: Send + 'static,
    F: FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
{
    let (answer, receiver) = oneshot::channel();
    let (sent, sheet) = (Instant::now(), timing::current());
    (Box::new(Task { job: Some(f), result: None, answer, sent, sheet }), receiver)
}

impl<T, F> Job for Task<T, F>
where
    T: Send + 'static,
    F: FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
{
    fn abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    fn begins(&self, now: Instant) -> u64 {
        let ns = timing::nanos(now.saturating_duration_since(self.sent));
        if let Some(sheet) = &self.sheet {
            sheet.note_wait(Wait::Queue, ns);
        }
        ns
    }

    fn committed(&self, ns: u64) {
        if let Some(sheet) = &self.sheet {
            sheet.note_wait(Wait::Commit, ns);
        }
    }

    fn run(&mut self, tx: &Tx<'_>) -> Ended {
        let Some(job) = self.job.take() else { return Ended::Failed };
        let job = |tx: &Tx<'_>| timing::on_this_thread_if(self.sheet.as_ref(), || job(tx));
        // The closure is consumed and its savepoint rolled back: nothing half-changed is seen again.
        let result = catch_unwind(AssertUnwindSafe(|| job(tx))).unwrap_or_else(|panic| Err(panicked(&*panic).into()));
        let ended = match &result {
            Ok(_) => Ended::Done,
            Err(Error::Refused(_)) => Ended::Refused,
            Err(Error::Fault(_)) => Ended::Failed,
        };
        self.result = Some(result);
        ended
    }

    fn fail(&mut self, error: Error) {
        self.result = Some(Err(error));
    }

    fn answer(self: Box<Self>) {
        if let Some(result) = self.result {
            // The caller may have gone meanwhile; its retry finds the stored answer.
            let _ = self.answer.send(result);
        }
    }
}

pub(super) fn panicked(panic: &(dyn std::any::Any + Send)) -> Fault {
    Fault::new(format!("a write panicked: {}", panic_text(panic)))
}

pub(super) fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let owned = || panic.downcast_ref::<String>().map(String::as_str);
    panic.downcast_ref::<&str>().copied().or_else(owned).unwrap_or("without a word")
}

/// A waiter cannot mend a file; nobody need ask again before somebody did.
const DAMAGED_RETRY_S: u32 = 60;

/// What a damaged file has everybody told, with the command that helps.
pub(super) fn damaged(what: &str, path: &Path) -> Refused {
    let command = side::restore_command(path);
    let detail = format!("{} is damaged ({what}). Stop the server and run: {command}", path.display());
    Refusal::Damaged.because(detail).retry_after(DAMAGED_RETRY_S)
}

/// The answer to everybody whose write to `path` did not happen.
pub(super) fn loss_error(loss: Loss, health: &Health, path: &Path) -> Error {
    match (loss, health) {
        (Loss::Full, _) => Refusal::ReadOnly.because(Refusal::ReadOnly.title()).retry_after(5).into(),
        (Loss::Corrupt, Health::Corrupt(what)) => damaged(what, path).into(),
        (Loss::Corrupt, _) => damaged("SQLite says so", path).into(),
        (Loss::Retry | Loss::Fatal, _) => {
            Refusal::Busy.because("This was not written. Send it again with the same key.").retry_after(1).into()
        }
    }
}
