//! The write path with its traps, on files of its own.

mod advised;
mod batches;
mod crash;
mod files;
mod health;
mod measured;
mod tables;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;

use parking_lot::Mutex;

use super::open::beside;
use super::*;

/// A folder of its own, gone when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("comanda-store-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("till.db")
    }

    /// Never idle, never waiting long, so that only what a test does happens.
    fn config(&self) -> Config {
        // However slow the machine, jobs that wait together are of one batch.
        let batch_time = std::time::Duration::from_secs(60);
        Config { batch_time, idle_ms: 3_600_000, probe_every_ms: 0, busy_timeout_ms: 200, ..Config::new(self.file()) }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const STEPS: &[Step] = &[Step {
    name: "001_test",
    sql: "create table note (id integer primary key, text text not null unique) strict;
          create table child (id integer primary key,
              note integer not null references note (id) deferrable initially deferred) strict;",
}];

static ADD: Statement = Statement::new("test.add", "insert into note (text) values (?1)");
static ADD_AT: Statement = Statement::new("test.add_at", "insert into note (id, text) values (?1, ?2)");
static ORPHAN: Statement = Statement::new("test.orphan", "insert into child (note) values (?1)");
static NOTES: Statement =
    Statement::new("test.notes", "select text from note order by id").scanning("a test's few rows");
static COUNT: Statement = Statement::new("test.count", "select count(*) from note").scanning("a test's few rows");
static FILL: Statement = Statement::new("test.fill", "insert into note (text) values (hex(randomblob(?1)))");
static PAGES_MAX: Statement = Statement::new("test.pages_max", "pragma max_page_count = 40");
static PAGES_FREE: Statement = Statement::new("test.pages_free", "pragma max_page_count = 4000000");
static STATEMENTS: &[&Statement] = &[&ADD, &ADD_AT, &ORPHAN, &NOTES, &COUNT, &FILL];

/// Writes down what it is told, in order.
#[derive(Default)]
struct Recorder(Mutex<Vec<String>>);

impl Recorder {
    fn told(&self) -> Vec<String> {
        self.0.lock().clone()
    }

    fn add(&self, what: impl Into<String>) {
        self.0.lock().push(what.into());
    }
}

impl AfterCommit for Recorder {
    fn invalidate(&self, tags: &[Tag]) {
        self.add(format!("invalidate {tags:?}"));
    }

    fn wake(&self) {
        self.add("wake");
    }
}

fn open(config: Config) -> (Store, Arc<Recorder>) {
    let recorder = Arc::new(Recorder::default());
    let store = Store::open_with_steps(config, recorder.clone(), STATEMENTS, STEPS).unwrap();
    (store, recorder)
}

fn add(store: &Store, text: &'static str) -> Result<i64> {
    store.write_blocking(move |tx| Ok(tx.insert(&ADD, params![text])?))
}

fn notes(store: &Store) -> Vec<String> {
    store.read_blocking(|read| Ok(read.all(&NOTES, [], |row| row.get(0))?)).unwrap()
}

/// The code of a refusal, or what was wrong instead.
fn code<T: std::fmt::Debug>(result: Result<T>) -> String {
    match result {
        Ok(value) => format!("done {value:?}"),
        Err(Error::Refused(refused)) => refused.refusal.code().to_owned(),
        Err(Error::Fault(_)) => "fault".to_owned(),
    }
}

/// Keeps the writer inside a job until let go, so that what follows gathers into one batch.
struct Held {
    go: mpsc::Sender<()>,
    answer: oneshot::Receiver<Result<()>>,
}

fn hold(store: &Store) -> Held {
    let (inside, entered) = mpsc::channel();
    let (go, wait) = mpsc::channel();
    let answer = store
        .queue(move |_| {
            inside.send(()).unwrap();
            wait.recv().unwrap();
            Ok(())
        })
        .unwrap();
    entered.recv().unwrap();
    Held { go, answer }
}

impl Held {
    fn release(self) -> Result<()> {
        self.go.send(()).unwrap();
        self.answer.blocking_recv().unwrap()
    }
}

/// Runs jobs as one batch of their own; their answers as words.
fn one_batch(store: &Store, jobs: Vec<TestJob>) -> Vec<String> {
    let held = hold(store);
    let answers: Vec<_> = jobs.into_iter().map(|job| store.queue(job).unwrap()).collect();
    held.release().unwrap();
    answers.into_iter().map(|answer| answer.blocking_recv().map_or("unanswered".to_owned(), code)).collect()
}

type TestJob = Box<dyn FnOnce(&Tx<'_>) -> Result<()> + Send>;

fn adds(text: &'static str) -> TestJob {
    Box::new(move |tx| {
        tx.insert(&ADD, params![text])?;
        tx.touch(Tag::Menu);
        Ok(())
    })
}

fn refuses(text: &'static str) -> TestJob {
    Box::new(move |tx| {
        tx.insert(&ADD, params![text])?;
        tx.touch(Tag::Settings);
        Err(Refusal::SoldOut.into())
    })
}

fn raw(path: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(path).unwrap()
}

/// Waits for another thread to bring `state` about.
fn until(state: impl Fn() -> bool) {
    let began = Instant::now();
    while !state() {
        assert!(began.elapsed() < Duration::from_secs(20), "it never came about");
        thread::yield_now();
    }
}
