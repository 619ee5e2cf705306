//! The only place that opens SQLite: one writer, a pool of readers, the schema's steps.
//!
//! A write is a job: a closure over a [`Tx`], sent to the writer's thread through a bounded queue.
//! The writer takes the jobs that wait as one batch, each in a savepoint of its own, commits once,
//! and only then tells: the cache first, then the event streams, then the callers. So a success is
//! on disk, and who hears of it reads nothing older.
//!
//! This module knows no domain, no HTTP and no JSON.

mod advise;
mod conditions;
mod copy;
mod explain;
#[cfg(debug_assertions)]
mod faults;
mod job;
mod leftover;
mod look;
mod memo;
mod migrate;
mod open;
mod outcome;
mod page;
mod prepared;
mod probe;
mod read;
mod reserve;
mod restore;
mod shared;
pub mod side;
mod statement;
mod teller;
mod tx;
mod values;
mod writer;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, RwLock};
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::Connection;
use tokio::sync::{Semaphore, oneshot};

pub use advise::{Analysis, IndexAdvice, analyse, plan_fingerprint, unused_indexes};
pub use copy::Pace;
pub use explain::{GROWS, Index, IndexUse, Known, PlanRow, PlanStep, TableRows, flagged};
#[cfg(debug_assertions)]
pub use faults::Faults;
pub use leftover::{sweep, unfinished, unfinished_by};
pub use migrate::{STEPS, Step};
pub use open::OpenError;
pub use page::{Cursor, Page, PageRequest, SIZE_DEFAULT, SIZE_MAX};
pub use read::{Read, Snapshot};
pub use reserve::RESERVE_BYTES;
pub use restore::{Replacing, Workshop};
pub use rusqlite::{Params, named_params, params};
pub use shared::{Health, Stats};
pub use statement::{Row, Statement};
pub use tx::Tx;
pub(crate) use values::word_columns;

use crate::cache::Tag;
use crate::error::{Error, Fault, Refusal, Refused, Result};
use crate::timing::{self, Class, Registry, Wait};
use look::Looking;
use read::Reader;
use shared::{Shared, add};
use writer::Duty;

/// What happens between a commit and its answers, on the writer's thread; so be brief.
pub trait AfterCommit: Send + Sync {
    /// Called first, with every tag the commit touched, each once.
    fn invalidate(&self, tags: &[Tag]);
    /// Called second: there may be something new in the journal.
    fn wake(&self);
}

/// Nobody to tell: for commands that write without a server.
impl AfterCommit for () {
    fn invalidate(&self, _: &[Tag]) {}

    fn wake(&self) {}
}

/// How a store is opened.
#[derive(Clone)]
pub struct Config {
    pub path: PathBuf,
    /// Make the file where there is none.
    pub create: bool,
    /// Connections that read at a time.
    pub readers: u32,
    /// Jobs that may wait; one more is refused as busy.
    pub queue_max: usize,
    /// Jobs in one commit, at most.
    pub batch_max: usize,
    /// A batch runs for so long at least, if there are jobs.
    pub batch_time: Duration,
    /// How long a read waits for a free reader.
    pub wait_reader_ms: u64,
    /// How long a statement waits for another process's lock.
    pub busy_timeout_ms: u64,
    /// No job for so long, and the log is emptied.
    pub idle_ms: u64,
    /// How often a full disk is tried again.
    pub probe_every_ms: u64,
    /// Sync every commit. Off only where a lost tail does no harm, as in a rehearsal.
    pub synchronous_full: bool,
    /// Room held beside the file for a full disk, in bytes; 0 holds none, as befits a command.
    pub reserve_bytes: u64,
    /// Called when nobody can know what is on disk. It should not return: by default it ends the process.
    pub on_fatal: Arc<dyn Fn(&str) + Send + Sync>,
    /// Where statements, batches and waits are measured. One a server: by default a fresh one.
    pub timing: Arc<Registry>,
    /// The next commit fails with this extended code, its transaction gone or still open.
    #[cfg(test)]
    pub(crate) commit_fails: Arc<Mutex<Option<(i32, bool)>>>,
}

impl Config {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            create: true,
            readers: 4,
            queue_max: 1024,
            batch_max: 128,
            batch_time: Duration::from_millis(1),
            wait_reader_ms: 500,
            busy_timeout_ms: 5000,
            idle_ms: 1000,
            probe_every_ms: 1000,
            synchronous_full: true,
            reserve_bytes: 0,
            on_fatal: Arc::new(|why| {
                log::error!("the process ends without acknowledging the last writes: {why}");
                // EX_SOFTWARE is what a supervisor restarts after; the start then empties the log first.
                std::process::exit(70);
            }),
            timing: Arc::default(),
            #[cfg(test)]
            commit_fails: Arc::default(),
        }
    }

    fn busy_timeout(&self) -> Duration {
        Duration::from_millis(self.busy_timeout_ms)
    }
}

type Pool = r2d2::Pool<SqliteConnectionManager>;

/// The open file. Clones share it; the last one to go stops it.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    path: PathBuf,
    readers: RwLock<Option<Pool>>,
    /// As many permits as readers, so that waiting costs no thread.
    turns: Arc<Semaphore>,
    wait_reader: Duration,
    writer: thread::ThreadId,
    was_cut_short: bool,
    looking: Mutex<Option<Looking>>,
    stopping: Mutex<Option<(JoinHandle<Option<Connection>>, File)>>,
}

impl Store {
    /// Takes the lock, empties the log, brings the schema up to date, prepares every statement once
    /// to see that it fits, and starts the writer.
    pub fn open(
        config: Config,
        hooks: Arc<dyn AfterCommit>,
        statements: &[&'static Statement],
    ) -> Result<Self, OpenError> {
        Self::open_with_steps(config, hooks, statements, STEPS)
    }

    /// [`Store::open`] with a schema of one's own.
    pub fn open_with_steps(
        config: Config,
        hooks: Arc<dyn AfterCommit>,
        statements: &[&'static Statement],
        steps: &[Step],
    ) -> Result<Self, OpenError> {
        let opened = open::open(&config, statements, steps)?;
        let readers = open::readers(&opened.path, &config, statements.len())?;
        config.timing.name_statements(statements.iter().map(|statement| statement.named()));
        #[cfg_attr(not(debug_assertions), expect(unused_mut, reason = "faults are made in debug builds alone"))]
        let mut shared = Shared::new(opened.path.clone(), config.queue_max, Arc::clone(&config.timing));
        #[cfg(debug_assertions)]
        {
            shared.faults = Faults::of_environment(statements);
        }
        let shared = Arc::new(shared);
        if !opened.has_room {
            shared.set_health(Health::Full);
        }
        let turns = Arc::new(Semaphore::new(config.readers.max(1) as usize));
        let wait_reader = Duration::from_millis(config.wait_reader_ms);
        let path = opened.path.clone();
        let conn = opened.conn;
        let writer = Duty::new(&conn, opened.path, Arc::clone(&shared), hooks, config, opened.reserve)
            .map_err(|e| OpenError::sqlite(&path, "starting the writer of", e))?;
        let thread = thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || writer.work(conn))
            .map_err(|source| OpenError::Io { path: path.clone(), doing: "starting the writer of", source })?;
        Ok(Self(Arc::new(Inner {
            shared,
            path,
            readers: RwLock::new(Some(readers)),
            turns,
            wait_reader,
            writer: thread.thread().id(),
            was_cut_short: opened.was_cut_short,
            looking: Mutex::new(None),
            stopping: Mutex::new(Some((thread, opened.lock))),
        })))
    }

    /// Queues `job` now; the future is its answer, which comes after the commit that holds it.
    ///
    /// Dropping the future before the job began skips it. Refused with [`Refusal::Busy`] where too
    /// many wait or the batch was lost (nothing of it happened), [`Refusal::ReadOnly`] on a full disk,
    /// [`Refusal::Damaged`] where the file is damaged, [`Refusal::Stopping`] after [`Store::stop`].
    pub fn write<T, F>(&self, job: F) -> impl Future<Output = Result<T>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
    {
        let queued = self.queue(job);
        async move { queued?.await.unwrap_or_else(|_| Err(ended())) }
    }

    /// [`Store::write`] for a thread that may wait; never call it on an event loop.
    pub fn write_blocking<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
    {
        if thread::current().id() == self.0.writer {
            return Err(Fault::new("a write waits for another inside its own transaction").into());
        }
        self.queue(job)?.blocking_recv().unwrap_or_else(|_| Err(ended()))
    }

    fn queue<T, F>(&self, job: F) -> Result<oneshot::Receiver<Result<T>>>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
    {
        let (job, answer) = job::new(job);
        self.0.shared.push(job)?;
        Ok(answer)
    }

    /// Reads on the blocking pool, all of one moment. Waits for a free reader within a bound, then
    /// refuses with [`Refusal::Busy`]. Needs a tokio runtime with time.
    pub fn read<T, F>(&self, f: F) -> impl Future<Output = Result<T>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnOnce(&Snapshot) -> Result<T> + Send + 'static,
    {
        let store = self.clone();
        let (began, sheet) = (Instant::now(), timing::current());
        async move {
            let wait = store.0.wait_reader;
            let turn = match tokio::time::timeout(wait, Arc::clone(&store.0.turns).acquire_owned()).await {
                Ok(Ok(turn)) => turn,
                Ok(Err(_)) => return Err(Refusal::Stopping.into()),
                Err(_) => return Err(timing::on_this_thread_if(sheet.as_ref(), || store.0.no_reader(began))),
            };
            let run = move || {
                let result = timing::on_this_thread_if(sheet.as_ref(), || store.read_within(began, f));
                drop(turn);
                result
            };
            match tokio::task::spawn_blocking(run).await {
                Ok(result) => result,
                Err(error) => Err(Fault::from_source("a read did not end", error).into()),
            }
        }
    }

    /// [`Store::read`] on this thread, which may block.
    pub fn read_blocking<T>(&self, f: impl FnOnce(&Snapshot) -> Result<T>) -> Result<T> {
        self.read_within(Instant::now(), f)
    }

    fn read_within<T>(&self, began: Instant, f: impl FnOnce(&Snapshot) -> Result<T>) -> Result<T> {
        let snapshot = self.0.snapshot(began)?;
        #[cfg(debug_assertions)]
        self.0.shared.faults.repeat(&snapshot);
        f(&snapshot)
    }

    /// A snapshot to hold for a while. Blocks for a reader within the bound. It keeps the log from
    /// being emptied, so let it go soon.
    pub fn snapshot(&self) -> Result<Snapshot> {
        self.0.snapshot(Instant::now())
    }

    pub fn health(&self) -> Health {
        self.0.shared.health()
    }

    /// What everybody is told of a damaged file or a full disk; `None` where nothing is known of either.
    pub fn trouble(&self) -> Option<Refused> {
        match self.health() {
            Health::Corrupt(what) => Some(job::damaged(&what, self.path())),
            Health::Full => Some(Refusal::ReadOnly.into()),
            Health::Writable | Health::Stopping => None,
        }
    }

    /// Ends writing for good: whoever looked found the file damaged, and says where.
    pub fn now_damaged(&self, what: &str) {
        self.0.shared.now_corrupt(what);
    }

    /// Whether whoever wrote last was not stopped, but killed, or without power.
    pub fn was_cut_short(&self) -> bool {
        self.0.was_cut_short
    }

    /// Begins to look at every page, after a while and behind everybody else. What it finds ends writing.
    pub fn look_through(&self, after: Duration) {
        let mut looking = self.0.looking.lock();
        if looking.is_some() || self.health() == Health::Stopping {
            return;
        }
        match Looking::begin(self.0.path.clone(), Arc::clone(&self.0.shared), after) {
            Ok(begun) => *looking = Some(begun),
            Err(error) => log::warn!("nobody looks at the file's pages: {error}"),
        }
    }

    pub fn stats(&self) -> Stats {
        self.0.shared.stats()
    }

    /// Jobs that may wait.
    pub fn queue_max(&self) -> usize {
        self.0.shared.queue_max()
    }

    /// Connections that read, and how many of them are free now.
    pub fn readers(&self) -> (u32, u32) {
        match &*self.0.readers.read() {
            Some(pool) => (pool.max_size(), pool.state().idle_connections),
            None => (0, 0),
        }
    }

    /// Where its statements, batches and waits are measured.
    pub fn timing(&self) -> &Arc<Registry> {
        &self.0.shared.timing
    }

    /// What goes wrong on purpose.
    #[cfg(debug_assertions)]
    pub fn faults(&self) -> &Faults {
        &self.0.shared.faults
    }

    /// The file's one name.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Takes no more writes, finishes those that wait, closes the readers, empties the log and
    /// releases the lock. Blocks; a second call does nothing.
    pub fn stop(&self) {
        self.0.stop();
    }
}

impl Inner {
    /// For who has been waiting since `began`.
    fn snapshot(self: &Inner, began: Instant) -> Result<Snapshot> {
        let Some(pool) = self.readers.read().clone() else { return Err(Refusal::Stopping.into()) };
        let conn = match pool.try_get() {
            Some(conn) => conn,
            None => match self.wait_reader.saturating_sub(began.elapsed()) {
                Duration::ZERO => return Err(self.no_reader(began)),
                wait => pool.get_timeout(wait).map_err(|_| self.no_reader(began))?,
            },
        };
        self.waited_for_reader(began);
        Ok(Snapshot::begin(Reader::Pooled(conn), Some(Arc::clone(&self.shared)))?)
    }

    fn waited_for_reader(&self, began: Instant) {
        let ns = timing::nanos(began.elapsed());
        self.shared.timing.reader_wait.record(ns);
        timing::note_wait(Wait::Reader, ns);
    }

    fn no_reader(&self, began: Instant) -> Error {
        add(&self.shared.counters.readers_busy, 1);
        self.waited_for_reader(began);
        self.shared.timing.reader_wait.error(Class::Busy);
        Refusal::Busy.because("Every reader is busy. Try again.").retry_after(1).into()
    }

    fn stop(&self) {
        self.shared.set_health(Health::Stopping);
        // It would keep the log from being emptied.
        let looking = self.looking.lock().take();
        if let Some(looking) = looking {
            looking.end();
        }
        self.shared.close();
        let Some((writer, lock)) = self.stopping.lock().take() else { return };
        self.turns.close();
        if thread::current().id() == self.writer {
            // The last clone went inside a job: the thread ends by itself, and its connection with it.
            self.readers.write().take();
            return;
        }
        let conn = writer.join().ok().flatten();
        self.readers.write().take();
        if let Some(conn) = conn {
            finish(conn);
        }
        drop(lock);
    }
}

/// The last checkpoint, by the last connection.
fn finish(conn: Connection) {
    match conn.busy_timeout(Duration::from_millis(500)).and_then(|()| writer::checkpoint(&conn, "TRUNCATE")) {
        Ok((false, ..)) => {}
        Ok((true, ..)) => log::info!("a reader is still at work: the log is emptied at the next start"),
        Err(error) => log::error!("the last checkpoint failed; the log stays for the next start: {error}"),
    }
    if let Err((_, error)) = conn.close() {
        log::warn!("the writer's connection did not close: {error}");
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop();
    }
}

fn ended() -> Error {
    Fault::new("the store ended before this write was answered").into()
}

/// Opens the file to read only, also beside a running server: for backup, check and export.
/// Everything read through it is of one moment.
pub fn open_read_only(path: &Path) -> Result<Snapshot, OpenError> {
    open_read_only_with_steps(path, STEPS)
}

/// [`open_read_only`] with a schema of one's own.
pub fn open_read_only_with_steps(path: &Path, steps: &[Step]) -> Result<Snapshot, OpenError> {
    let conn = open::reader_alone(path, steps)?;
    Snapshot::begin(Reader::Alone(conn), None).map_err(|e| OpenError::Io {
        path: path.to_owned(),
        doing: "reading",
        source: std::io::Error::other(e),
    })
}

/// What SQLite finds wrong with each table's pages, indexes and references, also beside a running
/// server: a table a snapshot, so that the server may empty its log between two of them. `progress`
/// hears how many tables are done. What belongs to no table, as the list of free pages, is not looked at.
pub fn integrity_by_table(path: &Path, mut progress: impl FnMut(u64, u64)) -> Result<Vec<String>, OpenError> {
    let conn = open::reader_alone(path, STEPS)?;
    let failed = |e| OpenError::sqlite(path, "checking", e);
    let tables = explain::tables(&conn).map_err(failed)?;
    let mut wrong = Vec::new();
    for (table, done) in tables.iter().zip(1..) {
        wrong.extend(probe::integrity_of(&conn, table).map_err(failed)?);
        progress(done, tables.len() as u64);
    }
    Ok(wrong)
}

impl Snapshot {
    /// What SQLite finds wrong with the file's pages, indexes and references; nothing where all is sound.
    /// Reads all of it, so it takes its time.
    pub fn integrity(&self) -> Result<Vec<String>, Fault> {
        probe::integrity(self.conn()).map_err(|e| Fault::from_source("checking the file", e))
    }

    /// Copies what this snapshot sees into one self-contained file, synced. It is at its name from the
    /// beginning, and goes where it fails. `progress` hears of pages done and in all, and ends it by saying
    /// false.
    pub fn copy_to(&self, to: &Path, pace: Pace, mut progress: impl FnMut(u64, u64) -> bool) -> Result<(), Fault> {
        // Its moment begins with its first look; the copy takes many.
        let looked = self.conn().query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
        looked.map_err(|e| Fault::from_source("beginning a copy", e))?;
        let copied = copy::copy_to(self.conn(), to, pace, &mut progress);
        copied.map_err(|what| Fault::new(format!("copying to {}: {what}", to.display())))
    }
}

/// Whether a write failed because a unique key exists already, so that `ops` can say whose.
pub fn is_duplicate(fault: &Fault) -> bool {
    constraint(fault).is_some_and(|code| {
        matches!(code, rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY)
    })
}

/// Whether a write failed because a row points at this one, or at one that is not there.
pub fn is_dangling(fault: &Fault) -> bool {
    constraint(fault) == Some(rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY)
}

fn constraint(fault: &Fault) -> Option<i32> {
    let mut source = std::error::Error::source(fault);
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<rusqlite::Error>() {
            return error.sqlite_extended_error_code();
        }
        source = error.source();
    }
    None
}
