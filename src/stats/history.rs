//! What the figures were, minute by minute and hour by hour, in a file of their own.
//!
//! One thread has the file. Whoever brings a minute leaves it in a short queue and goes on; where the
//! file cannot be written, minutes wait (the last two hours of them) and are tried again, and that is
//! said once in the log and for as long as it lasts among the alerts. No order waits for any of it.
//!
//! A minute is kept when it is over: a clean stop loses nothing, a kill at most the minute that ran, and
//! those that still waited for a disk without room. A power cut may take the last few minutes besides, since
//! commits here are not synced one by one.
//!
//! What is old is forgotten once an hour, by a clock that can be believed, and then two hours of the oldest
//! at most: a clock that shows another year, and that nobody has noticed, costs two hours of curves for every
//! hour it stands, not all of them. In a running house an hour comes for each that goes.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::figures::HistoryFigures;
use super::sql;
use crate::error::{Fault, Refusal, Result};
use crate::kernel::day::UtcMs;
use crate::store::Read;
use crate::store::side::{Config, Side, SideTx};

/// How two values of one minute, or those of an hour, become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gather {
    Sum,
    Highest,
    Lowest,
}

impl Gather {
    pub fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Highest => "highest",
            Self::Lowest => "lowest",
        }
    }
}

macro_rules! metrics {
    ($($variant:ident $number:literal $name:literal $unit:literal $gather:ident $about:literal;)*) => {
        /// What is kept of each minute. Numbers stand in the file and never change their meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Metric { $(#[doc = $about] $variant = $number),* }

        impl Metric {
            pub const ALL: &[Metric] = &[$(Metric::$variant),*];

            pub fn name(self) -> &'static str {
                match self { $(Metric::$variant => $name),* }
            }

            pub fn unit(self) -> &'static str {
                match self { $(Metric::$variant => $unit),* }
            }

            pub fn gather(self) -> Gather {
                match self { $(Metric::$variant => Gather::$gather),* }
            }

            pub fn about(self) -> &'static str {
                match self { $(Metric::$variant => $about),* }
            }
        }
    };
}

metrics! {
    Requests        1 "requests"              "count"     Sum     "Requests answered.";
    RequestErrors   2 "request_errors"        "count"     Sum     "Of those, failed by our doing: 5xx.";
    RequestP50      3 "request_p50_us"        "us"        Highest "Half of the answers came within; of an hour, its worst minute.";
    RequestP95      4 "request_p95_us"        "us"        Highest "95 of 100 answers came within; of an hour, its worst minute.";
    RequestP99      5 "request_p99_us"        "us"        Highest "99 of 100 answers came within; of an hour, its worst minute.";
    RequestMax      6 "request_max_us"        "us"        Highest "The slowest answer.";
    RequestTime     7 "request_time_us"       "us"        Sum     "All answers together; divided by requests, the mean.";
    SlowRequests    8 "slow_requests"         "count"     Sum     "Requests over the limit of the slow log.";
    Statements     10 "statements"            "count"     Sum     "Statements run.";
    StatementTime  11 "statement_time_us"     "us"        Sum     "All statements together.";
    StatementP95   12 "statement_p95_us"      "us"        Highest "95 of 100 statements took up to; of an hour, its worst minute.";
    CacheHits      20 "cache_hits"            "count"     Sum     "Answers found in the cache.";
    CacheMisses    21 "cache_misses"          "count"     Sum     "Answers that were not.";
    Writes         30 "writes"                "count"     Sum     "Writes committed.";
    Batches        31 "batches"               "count"     Sum     "Commits.";
    CommitP95      32 "commit_p95_us"         "us"        Highest "95 of 100 commits took up to; of an hour, its worst minute.";
    Queue          33 "queue"                 "count"     Highest "Writes waiting.";
    LogBytes       34 "log_bytes"             "bytes"     Highest "The write-ahead log.";
    ReaderWaitP95  40 "reader_wait_p95_us"    "us"        Highest "95 of 100 waits for a reader; of an hour, its worst minute.";
    Memory         50 "memory_bytes"          "bytes"     Highest "Memory of the server.";
    Cpu            51 "cpu_per_mille"         "per_mille" Highest "Processor time of the server, of one core.";
    DiskFree       52 "disk_free_bytes"       "bytes"     Lowest  "Room on the disk.";
    FileBytes      53 "file_bytes"            "bytes"     Highest "The restaurant's file.";
    OpenOrders     60 "open_orders"           "count"     Highest "Orders open.";
    TicketsWaiting 61 "tickets_waiting"       "count"     Highest "Tickets the kitchen still has to make.";
    Streams        62 "event_streams"         "count"     Highest "Event streams open.";
    Alerts         70 "alerts"                "count"     Highest "Alerts standing.";
}

impl Metric {
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|metric| metric.name() == name)
    }
}

/// The figures of a minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minute {
    pub at: UtcMs,
    /// Whether the clock that says so can be believed; nothing is forgotten by one that cannot.
    pub clock_is_right: bool,
    pub values: Vec<(Metric, u64)>,
}

/// A curve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// Seconds from point to point: 60 or 3600. A minute or hour without a point was not served.
    pub step_s: i64,
    /// s of UTC, value.
    pub points: Vec<(i64, i64)>,
}

pub const MINUTE_S: i64 = 60;
pub const HOUR_S: i64 = 3_600;
/// Minutes are kept for so long.
pub const MINUTES_KEPT_S: i64 = 48 * HOUR_S;
/// Hours are kept for so long.
pub const HOURS_KEPT_S: i64 = 400 * 24 * HOUR_S;
/// At most so much of the oldest, or of what lies in the future, goes in an hour that is served.
const FORGOTTEN_AT_ONCE_S: i64 = 2 * HOUR_S;
/// Points later than this are of a clock that was wrong.
const FUTURE_S: i64 = 24 * HOUR_S;
/// More than a curve can have.
const POINTS_MAX: i64 = 12_000;
/// Minutes that wait for the file.
const WAITING_MAX: usize = 120;
/// How often a file that could not be written is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(30);
/// How long somebody who asks waits for the file's thread.
const ASK_WAIT: Duration = Duration::from_secs(2);

const FIRST_START: &str = "first_start_ms";

/// Statements and how they run.
type Plans = Vec<(String, String)>;

enum Say {
    Minute(Minute),
    Ask {
        metric: Metric,
        step_s: i64,
        from_s: i64,
        to_s: i64,
        answer: oneshot::Sender<Series>,
    },
    /// The plans of now; answered with those that were others at the last start.
    Plans {
        now: Plans,
        changed: SyncSender<Option<Plans>>,
    },
    /// Write what waits, then say so.
    Settle(SyncSender<()>),
    Stop(SyncSender<()>),
}

#[derive(Default)]
struct Shared {
    figures: Mutex<HistoryFigures>,
    known_since: Mutex<Option<UtcMs>>,
}

/// The history of one server.
pub(super) struct History {
    say: SyncSender<Say>,
    shared: Arc<Shared>,
    path: PathBuf,
}

impl History {
    /// Begins at once; the file is opened by the thread, as often as it takes.
    pub(super) fn start(path: PathBuf, pages_max: u32, started_at: UtcMs) -> Self {
        let (say, heard) = sync_channel(WAITING_MAX);
        let shared = Arc::new(Shared::default());
        *shared.known_since.lock() = Some(started_at);
        let config = Config { path: path.clone(), schema: sql::SCHEMA, version: sql::VERSION, pages_max };
        let keeper = Keeper {
            config,
            shared: Arc::clone(&shared),
            side: None,
            waiting: VecDeque::new(),
            tried: None,
            forgot: 0,
            changed: None,
            started_at,
        };
        if let Err(error) = thread::Builder::new().name("history".to_owned()).spawn(move || keeper.work(&heard)) {
            log::error!("no thread for the history of figures: {error}");
        }
        Self { say, shared, path }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn figures(&self) -> HistoryFigures {
        self.shared.figures.lock().clone()
    }

    /// The first start that the file knows of.
    pub(super) fn known_since(&self) -> Option<UtcMs> {
        *self.shared.known_since.lock()
    }

    /// Leaves a minute to be kept. Never waits: where the thread is stuck, the minute is lost.
    pub(super) fn keep(&self, minute: Minute) {
        if self.say.try_send(Say::Minute(minute)).is_err() {
            self.shared.figures.lock().trouble = Some("the disk does not answer".to_owned());
        }
    }

    /// One metric's curve: minutes while `from_s` is among them, else hours.
    pub(super) async fn series(&self, metric: Metric, step_s: i64, from_s: i64, to_s: i64) -> Result<Series> {
        let (answer, heard) = oneshot::channel();
        let busy = || Refusal::Busy.because("The history of figures does not answer just now.").retry_after(5);
        self.say.try_send(Say::Ask { metric, step_s, from_s, to_s, answer }).map_err(|_| busy())?;
        match tokio::time::timeout(ASK_WAIT, heard).await {
            Ok(Ok(series)) => Ok(series),
            _ => Err(busy().into()),
        }
    }

    /// Keeps the plans of now, and answers which were others at the last start: the statement and its
    /// plan then. None where the file does not answer; ask again later.
    pub(super) fn plans(&self, now: Plans) -> Option<Plans> {
        let (changed, heard) = sync_channel(1);
        self.say.try_send(Say::Plans { now, changed }).ok()?;
        heard.recv_timeout(ASK_WAIT).ok().flatten()
    }

    /// Waits until what was left before is dealt with.
    pub(super) fn settle(&self, within: Duration) {
        let (done, heard) = sync_channel(1);
        if self.say.try_send(Say::Settle(done)).is_ok() {
            let _ = heard.recv_timeout(within);
        }
    }

    /// Writes what waits and closes the file. A thread that is stuck is left behind.
    pub(super) fn stop(&self, within: Duration) {
        let (done, heard) = sync_channel(1);
        if self.say.try_send(Say::Stop(done)).is_ok() && heard.recv_timeout(within).is_err() {
            log::warn!("the history of figures was not flushed: the disk does not answer");
        }
    }
}

/// The thread's own.
struct Keeper {
    config: Config,
    shared: Arc<Shared>,
    side: Option<Side>,
    waiting: VecDeque<Minute>,
    /// When the file last failed.
    tried: Option<Instant>,
    /// The hour, of UTC, in which old points were last forgotten.
    forgot: i64,
    /// Plans that are others than at the last start, once they were compared: whoever asked may not have
    /// waited for the answer, and afterwards the file knows only those of this start.
    changed: Option<Plans>,
    started_at: UtcMs,
}

impl Keeper {
    fn work(mut self, heard: &Receiver<Say>) {
        self.write();
        loop {
            match heard.recv_timeout(TRY_AGAIN) {
                Ok(Say::Minute(minute)) => {
                    self.waiting.push_back(minute);
                    while self.waiting.len() > WAITING_MAX {
                        self.waiting.pop_front();
                    }
                    self.write();
                }
                Ok(Say::Ask { metric, step_s, from_s, to_s, answer }) => {
                    let points = self.read(|side| read_series(side, metric, step_s, from_s, to_s)).unwrap_or_default();
                    // Whoever asked may have left.
                    let _ = answer.send(Series { step_s, points });
                }
                Ok(Say::Plans { now, changed }) => {
                    if self.changed.is_none() {
                        self.changed = self.read(|side| keep_plans(side, &now));
                    }
                    let _ = changed.send(self.changed.clone());
                }
                Ok(Say::Settle(done)) => {
                    self.tried = None;
                    self.write();
                    let _ = done.send(());
                }
                Ok(Say::Stop(done)) => {
                    self.write();
                    self.side = None;
                    let _ = done.send(());
                    return;
                }
                Err(RecvTimeoutError::Timeout) => self.write(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Writes all that waits, or remembers why not.
    fn write(&mut self) {
        if self.tried.is_some_and(|at| at.elapsed() < TRY_AGAIN) {
            return;
        }
        match self.try_write() {
            Ok(figures) => {
                self.tried = None;
                let before = std::mem::replace(&mut *self.shared.figures.lock(), figures);
                if before.trouble.is_some() {
                    log::info!("the history of figures is kept again");
                }
            }
            Err(fault) => {
                self.tried = Some(Instant::now());
                // What it was is found out by opening it anew.
                self.side = None;
                let trouble = fault.to_string();
                let mut figures = self.shared.figures.lock();
                if figures.trouble.is_none() {
                    log::warn!("the history of figures is not kept for now, which concerns no order: {trouble}");
                }
                figures.trouble = Some(trouble);
            }
        }
    }

    fn try_write(&mut self) -> Result<HistoryFigures, Fault> {
        // By the last minute and not by the start, at which nobody knows yet whether the clock is right.
        let believed = self.waiting.back().filter(|minute| minute.clock_is_right);
        let now_s = believed.map(|minute| minute.at.get().div_euclid(1_000));
        let forget = now_s.filter(|now_s| self.forgot != now_s.div_euclid(HOUR_S));
        let side = match &self.side {
            Some(side) if side.is_there() => side,
            _ => {
                // Before the new one: closing takes the log beside the file away.
                self.side = None;
                let side = Side::open(&self.config)?;
                let since = first_start(&side, self.started_at)?;
                *self.shared.known_since.lock() = Some(since);
                self.side.insert(side)
            }
        };
        if !self.waiting.is_empty() {
            side.write(|tx| {
                self.waiting.iter().try_for_each(|minute| put(tx, minute))?;
                forget.map_or(Ok(()), |now_s| forget_old(tx, now_s))
            })?;
        }
        let (minutes, hours) =
            side.one(&sql::COUNT, (), |row| Ok((row.get::<_, u32>(0)?.into(), row.get::<_, u32>(1)?.into())))?;
        self.waiting.clear();
        self.forgot = forget.map_or(self.forgot, |now_s| now_s.div_euclid(HOUR_S));
        Ok(HistoryFigures { trouble: None, minutes, hours })
    }

    fn read<T>(&mut self, f: impl FnOnce(&Side) -> Result<T, Fault>) -> Option<T> {
        if self.side.is_none() {
            self.write();
        }
        let side = self.side.as_ref()?;
        f(side).inspect_err(|fault| log::warn!("the history of figures was not read: {fault}")).ok()
    }
}

fn first_start(side: &Side, now: UtcMs) -> Result<UtcMs, Fault> {
    side.write(|tx| tx.run(&sql::FACT_KEEP, (FIRST_START, now.get())).map(drop))?;
    side.one(&sql::FACT, [FIRST_START], |row| row.get(0)).map(UtcMs::new)
}

fn put(tx: &SideTx<'_>, minute: &Minute) -> Result<(), Fault> {
    let at_s = minute.at.get().div_euclid(1_000);
    for &(metric, value) in &minute.values {
        let statement = match metric.gather() {
            Gather::Sum => &sql::ADD,
            Gather::Highest => &sql::HIGHEST,
            Gather::Lowest => &sql::LOWEST,
        };
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        for step in [MINUTE_S, HOUR_S] {
            tx.run(statement, (step, metric as i64, at_s - at_s.rem_euclid(step), value))?;
        }
    }
    Ok(())
}

/// What is too old, and what is later than can be.
fn forget_old(tx: &SideTx<'_>, now_s: i64) -> Result<(), Fault> {
    for (step, kept_s) in [(MINUTE_S, MINUTES_KEPT_S), (HOUR_S, HOURS_KEPT_S)] {
        // Every minute has this metric, which stands for all: its ends are found by the key.
        let every = Metric::Requests as i64;
        tx.run(&sql::FORGET_OLD, (step, now_s - kept_s, every, FORGOTTEN_AT_ONCE_S))?;
        tx.run(&sql::FORGET_FUTURE, (step, now_s + FUTURE_S, every, FORGOTTEN_AT_ONCE_S))?;
    }
    Ok(())
}

fn read_series(side: &Side, metric: Metric, step_s: i64, from_s: i64, to_s: i64) -> Result<Vec<(i64, i64)>, Fault> {
    let from = from_s - from_s.rem_euclid(step_s);
    side.all(&sql::SERIES, (step_s, metric as i64, from, to_s, POINTS_MAX), |row| Ok((row.get(0)?, row.get(1)?)))
}

fn keep_plans(side: &Side, now: &[(String, String)]) -> Result<Plans, Fault> {
    let before: Plans = side.all(&sql::PLANS, (), |row| Ok((row.get(0)?, row.get(1)?)))?;
    side.write(|tx| {
        tx.run(&sql::PLANS_FORGET, ())?;
        now.iter().try_for_each(|(name, plan)| tx.run(&sql::PLAN_KEEP, (name, plan)).map(drop))
    })?;
    let changed = |(name, plan): &(String, String)| now.iter().any(|(n, p)| n == name && p != plan);
    Ok(before.into_iter().filter(changed).collect())
}
