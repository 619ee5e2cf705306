//! What one request did: its statements, its waits, what the cache said.
//!
//! The web layer makes a [`Sheet`] for each request and polls the handler [`along`] with it. The store
//! takes the sheet over to the thread where a read or a write of this request runs, so that no handler
//! carries it around. A statement is noted in the thread's own list, without a lock; the list goes to
//! the sheet once, when the thread leaves it.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use parking_lot::Mutex;

use super::meter::nanos;

/// Statements a sheet holds without memory of its own.
const INLINE: usize = 16;

/// The runs of one statement inside one request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Runs {
    /// The statement's number.
    pub number: u32,
    pub runs: u32,
    /// Rows read, or changed.
    pub rows: u64,
    /// Instructions of SQLite's virtual machine.
    pub vm_steps: u64,
    pub ns: u64,
}

impl Runs {
    fn add(&mut self, other: Runs) {
        self.runs = self.runs.saturating_add(other.runs);
        self.rows = self.rows.saturating_add(other.rows);
        self.vm_steps = self.vm_steps.saturating_add(other.vm_steps);
        self.ns = self.ns.saturating_add(other.ns);
    }
}

/// What the cache had for a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum CacheOutcome {
    /// It was not asked.
    #[default]
    None,
    Hit,
    Miss,
    /// Another request was filling it; this one waited for that.
    Waited,
}

impl CacheOutcome {
    /// As it stands in `Server-Timing` and in the slow log.
    pub fn name(self) -> &'static str {
        match self {
            CacheOutcome::None => "none",
            CacheOutcome::Hit => "hit",
            CacheOutcome::Miss => "miss",
            CacheOutcome::Waited => "waited",
        }
    }

    fn of(code: u8) -> Self {
        match code {
            1 => CacheOutcome::Hit,
            2 => CacheOutcome::Miss,
            3 => CacheOutcome::Waited,
            _ => CacheOutcome::None,
        }
    }
}

/// Where a request stood and waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wait {
    /// For the writer, from being sent to its begin.
    Queue,
    /// For a reader of the pool.
    Reader,
    /// For its batch's commit and sync.
    Commit,
}

/// One request's own record. Notes come from whichever thread works for it.
#[derive(Debug)]
pub struct Sheet {
    began: Instant,
    waits: [AtomicU64; 3],
    cache: AtomicU8,
    statements: Mutex<List>,
}

impl Default for Sheet {
    fn default() -> Self {
        Self::begun(Instant::now())
    }
}

impl Sheet {
    /// For a request that began at `began`.
    pub fn begun(began: Instant) -> Self {
        Self { began, waits: Default::default(), cache: AtomicU8::new(0), statements: Mutex::default() }
    }

    /// Nanoseconds since the request began.
    pub fn elapsed_ns(&self) -> u64 {
        nanos(self.began.elapsed())
    }

    pub fn note_wait(&self, wait: Wait, ns: u64) {
        self.waits[wait as usize].fetch_add(ns, Relaxed);
    }

    pub fn waited_ns(&self, wait: Wait) -> u64 {
        self.waits[wait as usize].load(Relaxed)
    }

    /// The last word stands.
    pub fn note_cache(&self, outcome: CacheOutcome) {
        self.cache.store(outcome as u8, Relaxed);
    }

    pub fn cache(&self) -> CacheOutcome {
        CacheOutcome::of(self.cache.load(Relaxed))
    }

    /// The statements it ran, in the order of their first runs. What a thread is still inside of is
    /// not among them.
    pub fn statements(&self) -> Vec<Runs> {
        self.statements.lock().iter().copied().collect()
    }

    /// Nanoseconds inside statements. The waits are not among them.
    pub fn db_ns(&self) -> u64 {
        self.statements.lock().iter().map(|runs| runs.ns).sum()
    }

    /// How often statements ran.
    pub fn runs(&self) -> u64 {
        self.statements.lock().iter().map(|runs| u64::from(runs.runs)).sum()
    }

    /// Calls `f` with each statement's runs.
    pub(super) fn each(&self, f: impl FnMut(&Runs)) {
        self.statements.lock().iter().for_each(f);
    }
}

/// Runs by statement; the first [`INLINE`] in place.
#[derive(Debug, Default)]
struct List {
    inline: [Runs; INLINE],
    len: usize,
    more: Vec<Runs>,
}

impl List {
    fn iter(&self) -> impl Iterator<Item = &Runs> {
        self.inline[..self.len].iter().chain(&self.more)
    }

    fn add(&mut self, runs: Runs) {
        let mut known = self.inline[..self.len].iter_mut().chain(&mut self.more);
        if let Some(known) = known.find(|known| known.number == runs.number) {
            known.add(runs);
        } else if self.len < INLINE {
            self.inline[self.len] = runs;
            self.len += 1;
        } else {
            self.more.push(runs);
        }
    }
}

/// What a thread does for the request it is at.
struct Here {
    sheet: Option<Arc<Sheet>>,
    /// Not on the sheet yet; kept when empty, so that it is made once a thread.
    noted: Vec<Runs>,
}

impl Here {
    fn hand_over(&mut self) {
        if self.noted.is_empty() {
            return;
        }
        if let Some(sheet) = &self.sheet {
            let mut statements = sheet.statements.lock();
            self.noted.iter().for_each(|runs| statements.add(*runs));
        }
        self.noted.clear();
    }

    fn change(&mut self, to: Option<Arc<Sheet>>) -> Option<Arc<Sheet>> {
        self.hand_over();
        std::mem::replace(&mut self.sheet, to)
    }
}

thread_local! {
    static HERE: RefCell<Here> = const { RefCell::new(Here { sheet: None, noted: Vec::new() }) };
}

/// Puts the former sheet back, also when what ran has panicked.
struct Back(Option<Arc<Sheet>>);

impl Drop for Back {
    fn drop(&mut self) {
        let former = self.0.take();
        // A thread that ends has no sheet any more.
        let left = HERE.try_with(|here| here.borrow_mut().change(former));
        drop(left);
    }
}

/// Runs `f` with every statement that this thread runs meanwhile on `sheet`.
pub fn on_this_thread<T>(sheet: &Arc<Sheet>, f: impl FnOnce() -> T) -> T {
    let _back = Back(HERE.with(|here| here.borrow_mut().change(Some(Arc::clone(sheet)))));
    f()
}

/// [`on_this_thread`], where there is a sheet.
pub fn on_this_thread_if<T>(sheet: Option<&Arc<Sheet>>, f: impl FnOnce() -> T) -> T {
    match sheet {
        Some(sheet) => on_this_thread(sheet, f),
        None => f(),
    }
}

/// The sheet of the request this thread is at.
pub fn current() -> Option<Arc<Sheet>> {
    HERE.with(|here| here.borrow().sheet.clone())
}

/// Polls `future` with `sheet` as this thread's, each time it is polled.
pub async fn along<F: Future>(sheet: Arc<Sheet>, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(move |cx| on_this_thread(&sheet, || future.as_mut().poll(cx))).await
}

/// A statement ran on this thread. Whether it was noted: not where the thread is at no request.
#[inline]
pub fn note_statement(number: usize, ns: u64, rows: u64, vm_steps: u64) -> bool {
    HERE.with(|here| {
        let here = &mut *here.borrow_mut();
        if here.sheet.is_none() {
            return false;
        }
        let runs = Runs { number: number as u32, runs: 1, rows, vm_steps, ns };
        match here.noted.iter_mut().find(|known| known.number == runs.number) {
            Some(known) => known.add(runs),
            None => here.noted.push(runs),
        }
        true
    })
}

/// The request this thread is at has waited.
pub fn note_wait(wait: Wait, ns: u64) {
    HERE.with(|here| {
        if let Some(sheet) = &here.borrow().sheet {
            sheet.note_wait(wait, ns);
        }
    });
}

/// The cache answered the request this thread is at.
pub fn note_cache(outcome: CacheOutcome) {
    HERE.with(|here| {
        if let Some(sheet) = &here.borrow().sheet {
            sheet.note_cache(outcome);
        }
    });
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn sheet() -> Arc<Sheet> {
        Arc::new(Sheet::default())
    }

    /// `number×runs`, in order.
    fn told(sheet: &Sheet) -> String {
        let statements = sheet.statements();
        statements.iter().map(|runs| format!("{}×{}", runs.number, runs.runs)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn statements_go_to_the_threads_sheet() {
        let sheet = sheet();
        note_statement(1, 100, 1, 10);
        on_this_thread(&sheet, || {
            note_statement(7, 100, 1, 10);
            note_statement(3, 50, 0, 10);
            note_statement(7, 200, 2, 10);
            assert_eq!(told(&sheet), "", "it is handed over at the end");
        });
        note_statement(2, 100, 1, 10);
        assert_eq!(told(&sheet), "7×2 3×1");
        assert_eq!(sheet.statements()[0], Runs { number: 7, runs: 2, rows: 3, vm_steps: 20, ns: 300 });
        assert_eq!((sheet.db_ns(), sheet.runs()), (350, 3));
    }

    #[test]
    fn many_statements_fit() {
        let sheet = sheet();
        on_this_thread(&sheet, || (0..40).for_each(|number| assert!(note_statement(number, 1, 0, 10))));
        on_this_thread(&sheet, || (0..40).for_each(|number| assert!(note_statement(number, 1, 0, 10))));
        let statements = sheet.statements();
        assert_eq!(statements.len(), 40);
        assert!(statements.iter().enumerate().all(|(n, runs)| runs.number == n as u32 && runs.runs == 2));
    }

    #[test]
    fn an_inner_sheet_is_its_own() {
        let (outer, inner) = (sheet(), sheet());
        on_this_thread(&outer, || {
            note_statement(1, 1, 0, 10);
            on_this_thread(&inner, || note_statement(2, 1, 0, 10));
            note_statement(1, 1, 0, 10);
        });
        assert_eq!((told(&outer), told(&inner)), ("1×2".to_owned(), "2×1".to_owned()));
        assert!(current().is_none());
    }

    #[test]
    fn a_panic_leaves_no_sheet_behind() {
        let sheet = sheet();
        let ended = catch_unwind(AssertUnwindSafe(|| {
            on_this_thread(&sheet, || {
                note_statement(1, 1, 0, 10);
                panic!("as asked");
            })
        }));
        assert!(ended.is_err() && current().is_none());
        assert_eq!(told(&sheet), "1×1");
    }

    #[test]
    fn a_future_has_its_sheet_at_every_poll_and_only_then() {
        let sheet = sheet();
        let mut first = true;
        let mut future = pin!(along(
            Arc::clone(&sheet),
            poll_fn(|_| {
                note_statement(5, 1, 0, 10);
                note_cache(CacheOutcome::Miss);
                if std::mem::take(&mut first) { Poll::Pending } else { Poll::Ready(()) }
            })
        ));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut cx).is_pending());
        assert!(current().is_none());
        assert!(future.as_mut().poll(&mut cx).is_ready());
        assert_eq!((told(&sheet), sheet.cache()), ("5×2".to_owned(), CacheOutcome::Miss));
    }

    #[test]
    fn waits_add_up() {
        let sheet = sheet();
        sheet.note_wait(Wait::Queue, 5);
        sheet.note_wait(Wait::Queue, 6);
        sheet.note_wait(Wait::Commit, 7);
        let waits = [Wait::Queue, Wait::Reader, Wait::Commit].map(|wait| sheet.waited_ns(wait));
        assert_eq!(waits, [11, 0, 7]);
    }
}
