//! The one thread that writes: batches, savepoints, commits, checkpoints.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::job::{Job, loss_error, panic_text, panicked};
use super::memo::Memo;
use super::outcome::{self, AfterCommit, AfterJob, Checkpoint, Ended, Loss, Trouble};
use super::prepared::{Prepared, Statements as _};
use super::read::class_of;
use super::reserve::Reserve;
use super::shared::{Health, Shared, Taken, add};
use super::statement::Statement;
use super::teller::Teller;
use super::tx::{Keep, Tx};
use super::{AfterCommit as Hooks, Config, probe};
use crate::cache::Tag;
use crate::error::{Fault, Result};
use crate::timing;

static BEGIN: Statement = Statement::new("writer.begin", "BEGIN IMMEDIATE");
static COMMIT: Statement = Statement::new("writer.commit", "COMMIT");
static ROLLBACK: Statement = Statement::new("writer.rollback", "ROLLBACK");
static SAVEPOINT: Statement = Statement::new("writer.savepoint", "SAVEPOINT job");
static RELEASE: Statement = Statement::new("writer.release", "RELEASE job");
pub(super) static ROLLBACK_TO: Statement = Statement::new("writer.rollback_to", "ROLLBACK TO job");

/// How long a checkpoint that wants the log to itself may hold the writer up.
const TRUNCATE_WAIT: Duration = Duration::from_millis(50);

/// The process must end: what reached the disk is unknown.
struct Fatal(String);

/// What the writer's thread needs besides its connection.
pub(super) struct Duty {
    pub(super) path: PathBuf,
    pub(super) shared: Arc<Shared>,
    pub(super) hooks: Arc<dyn Hooks>,
    pub(super) config: Config,
    pub(super) reserve: Reserve,
    /// Of a frame of the log: a page and its head.
    frame_bytes: u64,
}

struct Writer<'c> {
    db: Prepared<'c>,
    memo: RefCell<Memo>,
    duty: &'c Duty,
    teller: Teller,
    log_left: u64,
    pending_left: u64,
    truncate_stalled: bool,
    probe_at: Option<Instant>,
}

impl Duty {
    pub(super) fn new(
        conn: &Connection,
        path: PathBuf,
        shared: Arc<Shared>,
        hooks: Arc<dyn Hooks>,
        config: Config,
        reserve: Reserve,
    ) -> rusqlite::Result<Self> {
        let page_bytes = conn.pragma_query_value(None, "page_size", |row| row.get::<_, u32>(0))?;
        Ok(Self { path, shared, hooks, config, reserve, frame_bytes: u64::from(page_bytes) + 24 })
    }

    /// Works until the queue is closed and empty. The connection comes back for the last checkpoint,
    /// but not after something fatal.
    pub(super) fn work(self, conn: Connection) -> Option<Connection> {
        let mut batch = Vec::new();
        let ended = catch_unwind(AssertUnwindSafe(|| Writer::new(&conn, &self).work_until_closed(&mut batch)));
        let why = match ended {
            Ok(Ok(())) => return Some(conn),
            Ok(Err(Fatal(why))) => why,
            Err(panic) => format!("the writer's thread panicked: {}", panic_text(&*panic)),
        };
        self.shared.set_health(Health::Stopping);
        self.shared.close();
        (self.config.on_fatal)(&why);
        // Only now, so that nobody hears anything before the process has ended.
        self.shared.abandon();
        drop(batch);
        None
    }
}

impl<'c> Writer<'c> {
    fn new(conn: &'c Connection, duty: &'c Duty) -> Self {
        Self {
            db: Prepared::new(conn, &duty.shared.timing),
            memo: RefCell::default(),
            duty,
            teller: Teller::start(),
            log_left: 0,
            pending_left: 0,
            truncate_stalled: false,
            probe_at: None,
        }
    }

    fn work_until_closed(&mut self, batch: &mut Vec<Box<dyn Job>>) -> Result<(), Fatal> {
        loop {
            match self.duty.shared.take(batch, self.duty.config.batch_max.max(1), self.idle_wait()) {
                Taken::Closed => return Ok(()),
                Taken::Idle => self.idle()?,
                Taken::Jobs => {
                    self.run_or_refuse(batch)?;
                    batch.clear();
                    self.checkpoint_between()?;
                }
            }
        }
    }

    /// Nothing to do when idle means no need to wake up.
    fn idle_wait(&self) -> Option<Duration> {
        let log_in_use = self.duty.shared.counters.wal_bytes.load(Relaxed) > 0;
        let idle = Duration::from_millis(self.duty.config.idle_ms);
        match self.duty.shared.health() {
            Health::Full => Some(idle),
            Health::Writable if log_in_use => Some(if self.truncate_stalled { idle * 5 } else { idle }),
            _ => None,
        }
    }

    fn idle(&mut self) -> Result<(), Fatal> {
        if self.duty.shared.health() == Health::Full {
            self.try_recover()?;
        }
        if self.duty.shared.counters.wal_bytes.load(Relaxed) == 0 {
            return Ok(());
        }
        self.checkpoint(Checkpoint::Truncate)
    }

    fn run_or_refuse(&mut self, batch: &mut Vec<Box<dyn Job>>) -> Result<(), Fatal> {
        let loss = match self.duty.shared.health() {
            Health::Writable | Health::Stopping => return self.run_batch(batch),
            Health::Full if self.try_recover()? => return self.run_batch(batch),
            Health::Full => Loss::Full,
            Health::Corrupt(_) => Loss::Corrupt,
        };
        self.lose(batch, loss);
        Ok(())
    }

    /// Whether there is room again; really tries, at most once a while.
    fn try_recover(&mut self) -> Result<bool, Fatal> {
        if self.probe_at.is_some_and(|at| Instant::now() < at) {
            return Ok(false);
        }
        self.probe_at = Some(Instant::now() + Duration::from_millis(self.duty.config.probe_every_ms));
        #[cfg(debug_assertions)]
        if self.duty.shared.faults.is_disk_full() {
            return Ok(false);
        }
        let has_room = || Ok(self.duty.reserve.keep() && probe::room(self.db.conn, &self.duty.path)?);
        match has_room() {
            Ok(true) => {
                self.duty.shared.set_health(Health::Writable);
                Ok(true)
            }
            Ok(false) => {
                self.now_full();
                Ok(false)
            }
            Err(error) => match outcome::after_checkpoint(Trouble::of(&error)) {
                Loss::Fatal => Err(Fatal(format!("trying whether there is room again: {error}"))),
                Loss::Corrupt => {
                    self.duty.shared.now_corrupt(&error.to_string());
                    Ok(false)
                }
                Loss::Full | Loss::Retry => {
                    self.now_full();
                    Ok(false)
                }
            },
        }
    }

    /// Read-only from now on. The room that was held goes to emptying the log, and to telling.
    fn now_full(&self) {
        self.duty.shared.set_health(Health::Full);
        self.duty.reserve.release();
    }

    fn run_batch(&mut self, batch: &mut Vec<Box<dyn Job>>) -> Result<(), Fatal> {
        let mut done = Batch::default();
        let began = Instant::now();
        let result = match self.run(&BEGIN) {
            Ok(()) => self.run_jobs(batch, &mut done, began).and_then(|()| self.commit(batch, began)),
            Err(error) => {
                log::error!("a batch could not begin: {error}");
                if Trouble::of(&error) == Some(Trouble::Corrupt) {
                    self.duty.shared.now_corrupt(&error.to_string());
                }
                match outcome::after_job(Ended::Failed, Trouble::of(&error), true) {
                    AfterJob::Lost(loss) => Err(loss),
                    AfterJob::Keep | AfterJob::Undo { .. } => Err(Loss::Retry),
                }
            }
        };
        if let Err(loss) = result {
            self.memo.borrow_mut().forget();
            if loss == Loss::Fatal {
                return Err(Fatal(
                    "the disk failed to write or sync; nothing of the last batch is acknowledged".into(),
                ));
            }
            self.lose(batch, loss);
            return Ok(());
        }
        let counters = &self.duty.shared.counters;
        add(&counters.batches, 1);
        add(&counters.jobs, batch.len() as u64);
        add(&counters.jobs_refused, done.refused);
        counters.batch_max.fetch_max(batch.len() as u64, Relaxed);
        if done.full {
            self.now_full();
        }
        // Cache, then events, then answers: who hears of success reads nothing older.
        done.tags.sort_unstable();
        done.tags.dedup();
        if !done.tags.is_empty() {
            self.duty.hooks.invalidate(&done.tags);
        }
        if done.kept {
            self.duty.hooks.wake();
        }
        self.teller.answer(batch);
        Ok(())
    }

    fn run_jobs(&self, batch: &mut Vec<Box<dyn Job>>, done: &mut Batch, began: Instant) -> Result<(), Loss> {
        let waiting = batch.len();
        batch.retain(|job| !job.abandoned());
        add(&self.duty.shared.counters.jobs_abandoned, (waiting - batch.len()) as u64);
        let enough = self.batch_time();
        let mut ran = 0;
        for job in batch.iter_mut() {
            let now = Instant::now();
            if ran > 0 && now.saturating_duration_since(began) >= enough {
                break;
            }
            ran += 1;
            self.duty.shared.timing.queue_wait.record(job.begins(now));
            let mut ended = Ended::Failed;
            let next = self.in_savepoint(done, |tx| {
                ended = job.run(tx);
                ended
            })?;
            match next {
                Undone::No => {}
                Undone::Full => {
                    done.full = true;
                    done.refused += 1;
                    job.fail(loss_error(Loss::Full, &Health::Full, &self.duty.path));
                }
                Undone::Yes(keeps) => {
                    done.refused += 1;
                    if ended == Ended::Done {
                        job.fail(
                            Fault::new("a write hid an error of the disk or the file, or that it was undone").into(),
                        );
                    } else if ended == Ended::Refused && !keeps.is_empty() {
                        self.keep(job.as_mut(), keeps, done)?;
                    }
                }
            }
        }
        self.duty.shared.put_back(batch.drain(ran..));
        Ok(())
    }

    /// How long a batch goes on taking jobs: several times what its sync will cost, so that a slow disk
    /// is asked seldom, and no longer, so that the first of it is answered, and asks again, while the
    /// others run.
    fn batch_time(&self) -> Duration {
        let sync = Duration::from_micros(self.duty.shared.counters.last_sync_us.load(Relaxed));
        self.duty.config.batch_time.max(sync * 4)
    }

    /// Writes what a refused job keeps, all of it or nothing.
    fn keep(&self, job: &mut dyn Job, keeps: Vec<Keep>, done: &mut Batch) -> Result<(), Loss> {
        let mut failed = None;
        let undone = self.in_savepoint(done, |tx| {
            let all = || keeps.into_iter().try_for_each(|keep| keep(tx));
            match catch_unwind(AssertUnwindSafe(all)).unwrap_or_else(|panic| Err(panicked(&*panic).into())) {
                Ok(()) => Ended::Done,
                Err(error) => {
                    failed = Some(error);
                    Ended::Failed
                }
            }
        })?;
        // A refusal whose counter was not kept must not be told: it could be had again for nothing.
        match (undone, failed) {
            (Undone::No, _) => {}
            (Undone::Full, _) => {
                done.full = true;
                job.fail(loss_error(Loss::Full, &Health::Full, &self.duty.path));
            }
            (Undone::Yes(_), failed) => {
                job.fail(failed.unwrap_or_else(|| Fault::new("what a refusal keeps was not written").into()));
            }
        }
        Ok(())
    }

    /// One closure in one savepoint: released with its tags, or rolled back without.
    fn in_savepoint(&self, done: &mut Batch, f: impl FnOnce(&Tx<'_>) -> Ended) -> Result<Undone, Loss> {
        self.word(&SAVEPOINT)?;
        let tx = Tx::new(&self.db, &self.memo);
        let ended = match f(&tx) {
            // Nothing of it is there to be kept.
            Ended::Done if tx.is_undone() => Ended::Failed,
            ended => ended,
        };
        let (tags, keeps, trouble) = tx.into_parts();
        let what = trouble.as_ref().map_or("", |(_, what)| what.as_str());
        if let Some((trouble, what)) = &trouble {
            log::error!("a write met {trouble:?}: {what}");
        }
        match outcome::after_job(ended, trouble.as_ref().map(|(trouble, _)| *trouble), self.db.conn.is_autocommit()) {
            AfterJob::Keep => {
                self.word(&RELEASE)?;
                self.memo.borrow_mut().job_ended(true);
                done.tags.extend(tags);
                done.kept = true;
                Ok(Undone::No)
            }
            AfterJob::Undo { full } => {
                self.word(&ROLLBACK_TO)?;
                self.word(&RELEASE)?;
                self.memo.borrow_mut().job_ended(false);
                Ok(if full { Undone::Full } else { Undone::Yes(keeps) })
            }
            AfterJob::Lost(loss) => {
                if loss == Loss::Corrupt {
                    self.duty.shared.now_corrupt(what);
                }
                Err(self.give_up(loss))
            }
        }
    }

    fn run(&self, statement: &Statement) -> rusqlite::Result<()> {
        self.db.with(statement, &mut |prepared| prepared.raw_execute().map(drop))
    }

    /// A savepoint's word. Where it fails the transaction is not what we think: the batch is lost.
    fn word(&self, statement: &Statement) -> Result<(), Loss> {
        self.run(statement).map_err(|error| {
            log::error!("{}: {error}", statement.sql);
            let loss = match outcome::after_checkpoint(Trouble::of(&error)) {
                Loss::Corrupt => {
                    self.duty.shared.now_corrupt(&error.to_string());
                    Loss::Corrupt
                }
                loss => loss,
            };
            self.give_up(loss)
        })
    }

    /// Ends the transaction, where SQLite has not done so itself.
    fn give_up(&self, loss: Loss) -> Loss {
        if self.db.conn.is_autocommit() {
            return loss;
        }
        match self.run(&ROLLBACK) {
            Ok(()) => loss,
            Err(_) if self.db.conn.is_autocommit() => loss,
            Err(error) => {
                log::error!("a transaction neither commits nor rolls back: {error}");
                Loss::Fatal
            }
        }
    }

    /// Commits what began at `batch_began`.
    fn commit(&self, batch: &[Box<dyn Job>], batch_began: Instant) -> Result<(), Loss> {
        let began = Instant::now();
        let result = self.commit_now();
        #[cfg(debug_assertions)]
        let result = self.acknowledged_in_spite(result);
        let ns = timing::nanos(began.elapsed());
        self.duty.shared.counters.last_sync_us.store(ns / 1_000, Relaxed);
        let batches = &self.duty.shared.timing.batches;
        batches.jobs.record(batch.len() as u64);
        batches.run.took(began.saturating_duration_since(batch_began));
        batches.commit.record(ns);
        batch.iter().for_each(|job| job.committed(ns));
        if let Err(error) = &result {
            batches.commit.error(class_of(error));
        }
        let code = result.as_ref().err().map(|e| e.sqlite_extended_error_code().unwrap_or(rusqlite::ffi::SQLITE_ERROR));
        match outcome::after_commit(code, self.db.conn.is_autocommit()) {
            AfterCommit::Committed => Ok(()),
            AfterCommit::Lost { loss, roll_back } => {
                let what = result.err().map_or_else(|| "it said yes and did not end".to_owned(), |e| e.to_string());
                log::error!("a commit was refused: {what}");
                if loss == Loss::Corrupt {
                    self.duty.shared.now_corrupt(&what);
                }
                Err(if roll_back && loss != Loss::Fatal { self.give_up(loss) } else { loss })
            }
        }
    }

    /// What no release does; with it, what finds losses has some to find.
    #[cfg(debug_assertions)]
    fn acknowledged_in_spite(&self, result: rusqlite::Result<()>) -> rusqlite::Result<()> {
        match result {
            Err(error) if self.duty.shared.faults.acknowledges_failed_commits() => {
                log::warn!("acknowledged on purpose: {error}");
                if self.db.conn.is_autocommit() { Ok(()) } else { self.run(&ROLLBACK) }
            }
            result => result,
        }
    }

    fn commit_now(&self) -> rusqlite::Result<()> {
        #[cfg(test)]
        if let Some((code, gone)) = self.duty.config.commit_fails.lock().take() {
            if gone {
                self.run(&ROLLBACK)?;
            }
            return Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None));
        }
        // As SQLite does where the disk has no room.
        #[cfg(debug_assertions)]
        if self.duty.shared.faults.is_disk_full() {
            self.run(&ROLLBACK)?;
            return Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL), None));
        }
        self.run(&COMMIT)
    }

    fn lose(&self, batch: &mut Vec<Box<dyn Job>>, loss: Loss) {
        if loss == Loss::Full {
            self.now_full();
        }
        let health = self.duty.shared.health();
        add(&self.duty.shared.counters.jobs_lost, batch.len() as u64);
        for mut job in batch.drain(..) {
            job.fail(loss_error(loss, &health, &self.duty.path));
            job.answer();
        }
    }

    fn checkpoint_between(&mut self) -> Result<(), Fatal> {
        if matches!(self.duty.shared.health(), Health::Corrupt(_)) {
            return Ok(());
        }
        let (log, pending) = match self.wal("NOOP") {
            Ok((_, log, pending)) => (log, pending),
            Err(error) => return self.checkpoint_failed(&error),
        };
        if log < self.log_left {
            // The log began anew by itself.
            (self.log_left, self.pending_left) = (0, 0);
        }
        self.duty.shared.counters.wal_bytes.store(log, Relaxed);
        // A commit that found no room may lie in the log, whole but for its acknowledgement: it goes.
        if self.duty.shared.health() == Health::Full && log > 0 && !self.truncate_stalled {
            return self.checkpoint(Checkpoint::Truncate);
        }
        self.checkpoint(outcome::checkpoint_due(log, pending, self.log_left, self.pending_left))
    }

    fn checkpoint(&mut self, which: Checkpoint) -> Result<(), Fatal> {
        let counters = &self.duty.shared.counters;
        let result = match which {
            Checkpoint::None => return Ok(()),
            Checkpoint::Passive => {
                add(&counters.checkpoints_passive, 1);
                self.wal("PASSIVE")
            }
            Checkpoint::Truncate => {
                let result = self.db.conn.busy_timeout(TRUNCATE_WAIT).and_then(|()| self.wal("TRUNCATE"));
                self.db.conn.busy_timeout(self.duty.config.busy_timeout()).and(result)
            }
        };
        match result {
            Ok((busy, log, pending)) => {
                self.truncate_stalled = which == Checkpoint::Truncate && busy;
                if which == Checkpoint::Truncate {
                    add(if busy { &counters.checkpoints_stalled } else { &counters.checkpoints_truncate }, 1);
                }
                (self.log_left, self.pending_left) = (log, pending);
                counters.wal_bytes.store(log, Relaxed);
                Ok(())
            }
            Err(error) => self.checkpoint_failed(&error),
        }
    }

    fn checkpoint_failed(&mut self, error: &rusqlite::Error) -> Result<(), Fatal> {
        match outcome::after_checkpoint(Trouble::of(error)) {
            Loss::Fatal => return Err(Fatal(format!("a checkpoint failed: {error}"))),
            Loss::Full => self.now_full(),
            Loss::Corrupt => self.duty.shared.now_corrupt(&error.to_string()),
            Loss::Retry => log::warn!("a checkpoint did not run: {error}"),
        }
        self.truncate_stalled = true;
        Ok(())
    }

    /// Runs `PRAGMA wal_checkpoint`: whether somebody stood in the way, the log's bytes in use, and
    /// those of them that are not in the file yet.
    fn wal(&self, mode: &str) -> rusqlite::Result<(bool, u64, u64)> {
        checkpoint(self.db.conn, mode).map(|(busy, log, copied)| {
            let bytes = |frames: u64| frames * self.duty.frame_bytes;
            (busy, bytes(log), bytes(log.saturating_sub(copied)))
        })
    }
}

/// `PRAGMA wal_checkpoint(mode)`: busy, frames in the log, frames of it copied to the file.
pub(super) fn checkpoint(conn: &Connection, mode: &str) -> rusqlite::Result<(bool, u64, u64)> {
    conn.prepare_cached(&format!("PRAGMA wal_checkpoint({mode})"))?.query_row([], |row| {
        // −1 stands for no log at all.
        let frames = |n: i64| u64::try_from(n).unwrap_or(0);
        Ok((row.get::<_, i64>(0)? != 0, frames(row.get(1)?), frames(row.get(2)?)))
    })
}

/// What became of one savepoint.
enum Undone {
    No,
    Yes(Vec<Keep>),
    Full,
}

/// What a batch gathers for after its commit.
#[derive(Default)]
struct Batch {
    tags: Vec<Tag>,
    kept: bool,
    full: bool,
    refused: u64,
}
