//! What the store measures of itself, through the real file.

use crate::timing::{Class, Sheet, StatementMeter, Steps, Wait, along, on_this_thread};

use super::*;

static BY_ID: Statement = Statement::new("measured.by_id", "select text from note where id = ?1");
static BY_TEXT: Statement = Statement::new("measured.by_text", "select id from note where text = ?1");
static LIKE: Statement = Statement::new("measured.like", "select id from note where text like '%' || ?1");
static SORTED: Statement = Statement::new("measured.sorted", "select id from note order by length(text), id");
static JOINED: Statement = Statement::new(
    "measured.joined",
    "select c.id from child c join child d on d.note = c.note and d.id <> c.id where c.id < ?1",
);
static UPPER: Statement = Statement::new("measured.upper", "update note set text = upper(text) where id <= ?1");
static LISTED: &[&Statement] = &[&ADD, &ADD_AT, &ORPHAN, &COUNT, &BY_ID, &BY_TEXT, &LIKE, &SORTED, &JOINED, &UPPER];

/// A store with 30 notes, each with two children.
fn measured(folder: &Folder) -> Store {
    let store = Store::open_with_steps(folder.config(), Arc::new(()), LISTED, STEPS).unwrap();
    let filled = store.write_blocking(|tx| {
        for n in 0..30 {
            let id = tx.insert(&ADD, params![format!("note {n}")])?;
            tx.insert(&ORPHAN, params![id])?;
            tx.insert(&ORPHAN, params![id])?;
        }
        Ok(())
    });
    filled.unwrap();
    store
}

fn meter<'s>(store: &'s Store, statement: &Statement) -> &'s StatementMeter {
    store.timing().statement_named(statement.name).unwrap()
}

/// Runs and rows so far.
fn told(store: &Store, statement: &Statement) -> (u64, u64) {
    let meter = meter(store, statement);
    (meter.runs.count(), meter.rows())
}

#[test]
fn runs_and_rows_are_those_made() {
    let folder = Folder::new();
    let store = measured(&folder);
    assert_eq!(told(&store, &ADD), (30, 30));
    assert_eq!(told(&store, &ORPHAN), (60, 60));
    let read = store.read_blocking(|read| {
        let text = |row: &Row<'_>| row.get::<_, String>(0);
        for id in 1..=5 {
            read.one(&BY_ID, params![id], text)?;
        }
        assert!(read.opt(&BY_ID, params![999], text)?.is_none());
        assert_eq!(read.all(&LIKE, params!["1"], |row| row.get::<_, i64>(0))?.len(), 3);
        let mut seen = 0;
        read.each(&SORTED, [], |_| {
            seen += 1;
            Ok(())
        })?;
        assert_eq!(seen, 30);
        Ok(())
    });
    read.unwrap();
    assert_eq!(told(&store, &BY_ID), (6, 5));
    assert_eq!(told(&store, &LIKE), (1, 3));
    assert_eq!(told(&store, &SORTED), (1, 30));
    let changed = store.write_blocking(|tx| {
        tx.one(&BY_ID, params![1], |_| Ok(()))?;
        Ok(tx.run(&UPPER, params![4])?)
    });
    assert_eq!(changed.unwrap(), 4);
    assert_eq!(told(&store, &UPPER), (1, 4));
    assert_eq!(told(&store, &BY_ID), (7, 6), "the writer's runs and the readers' are one figure");
    let times = meter(&store, &BY_ID).runs.read().counts;
    assert!(times.min() > 0 && times.max() >= times.mean() && times.mean() >= times.min());
}

#[test]
fn what_scans_is_found_by_sqlites_own_counters() {
    let folder = Folder::new();
    let store = measured(&folder);
    let run = |statement: &'static Statement, params: &'static [i64]| {
        let read = store.read_blocking(|read| {
            read.each(statement, rusqlite::params_from_iter(params), |_| Ok(()))?;
            read.each(statement, rusqlite::params_from_iter(params), |_| Ok(()))?;
            Ok(())
        });
        read.unwrap();
        let meter = meter(&store, statement);
        (meter.steps(), meter.scanning_runs(), meter.sorting_runs())
    };
    let (steps, scanning, sorting) = run(&BY_ID, &[7]);
    assert_eq!(steps, Steps { vm: steps.vm, ..Steps::default() });
    assert!(steps.vm >= 2 && (scanning, sorting) == (0, 0), "{steps:?}");
    let (steps, scanning, _) = run(&LIKE, &[7]);
    assert_eq!((steps.full_scan, scanning), (2 * 29, 2), "thirty rows are twenty-nine steps, at each run");
    let (steps, _, sorting) = run(&SORTED, &[]);
    assert_eq!((steps.sorts, sorting), (2, 2));
    let (steps, ..) = run(&JOINED, &[40]);
    assert!(steps.auto_index > 0, "{steps:?}");
    let by_text = store.read_blocking(|read| Ok(read.opt(&BY_TEXT, params!["note 3"], |_| Ok(()))?));
    assert!(by_text.unwrap().is_some());
    assert_eq!(meter(&store, &BY_TEXT).steps().full_scan, 0);
    let of_writer = store.write_blocking(|tx| Ok(tx.all(&LIKE, params!["1"], |_| Ok(()))?.len()));
    assert_eq!(of_writer.unwrap(), 3);
    assert_eq!(meter(&store, &LIKE).steps().full_scan, 3 * 29);
}

#[test]
fn a_failed_run_is_counted_with_its_class() {
    let folder = Folder::new();
    let store = measured(&folder);
    assert!(add(&store, "note 3").is_err());
    assert_eq!(meter(&store, &ADD).runs.read().errors.of(Class::Refused), 1);
    assert_eq!(told(&store, &ADD), (31, 30));
    assert!(store.read_blocking(|read| Ok(read.one(&BY_ID, params![999], |_| Ok(()))?)).is_err());
    assert_eq!(meter(&store, &BY_ID).runs.read().errors.of(Class::Fault), 1);
}

#[test]
fn batches_and_waits_are_measured() {
    let folder = Folder::new();
    let store = Store::open_with_steps(folder.config(), Arc::new(()), LISTED, STEPS).unwrap();
    assert_eq!(one_batch(&store, vec![adds("a"), adds("b"), refuses("c")]).len(), 3);
    let timing = store.timing();
    let jobs = timing.batches.jobs.read().counts;
    assert_eq!((jobs.count(), jobs.min(), jobs.max()), (2, 1, 3), "the one that held the writer, and three together");
    assert_eq!((timing.batches.run.count(), timing.batches.commit.count()), (2, 2));
    assert_eq!(timing.queue_wait.count(), 4);
    assert!(timing.queue_wait.total() > 0 && timing.batches.commit.total() > 0);
    notes_of(&store);
    assert_eq!(timing.reader_wait.count(), 1);
}

fn notes_of(store: &Store) -> i64 {
    store.read_blocking(|read| Ok(read.one(&COUNT, [], |row| row.get(0))?)).unwrap()
}

#[test]
fn who_finds_no_reader_is_counted_as_busy() {
    let folder = Folder::new();
    let config = Config { readers: 1, wait_reader_ms: 1, ..folder.config() };
    let store = Store::open_with_steps(config, Arc::new(()), LISTED, STEPS).unwrap();
    let held = store.snapshot().unwrap();
    assert_eq!(code(store.read_blocking(|_| Ok(()))), "busy");
    drop(held);
    let waits = store.timing().reader_wait.read();
    assert_eq!((waits.counts.count(), waits.errors.of(Class::Busy)), (2, 1));
    assert!(waits.counts.max() >= 1_000_000, "{waits:?}");
}

#[test]
fn a_requests_sheet_follows_it_to_the_writer_and_the_readers() {
    let folder = Folder::new();
    let store = measured(&folder);
    let sheet = Arc::new(Sheet::default());
    on_this_thread(&sheet, || {
        add(&store, "of a request").unwrap();
        notes_of(&store);
    });
    add(&store, "of nobody").unwrap();
    let names = |sheet: &Sheet| {
        let name = |number: u32| store.timing().statement(number as usize).unwrap().named.name;
        sheet.statements().iter().map(|runs| (name(runs.number), runs.runs, runs.rows)).collect::<Vec<_>>()
    };
    assert_eq!(names(&sheet), [("test.add", 1, 1), ("test.count", 1, 1)]);
    let waited = [Wait::Queue, Wait::Commit, Wait::Reader].map(|wait| sheet.waited_ns(wait) > 0);
    assert_eq!(waited, [true; 3]);

    let sheet = Arc::new(Sheet::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(along(Arc::clone(&sheet), async {
        store.write(|tx| Ok(tx.insert(&ADD, params!["of another"])?)).await.unwrap();
        store.read(|read| Ok(read.one(&COUNT, [], |_| Ok(()))?)).await.unwrap();
    }));
    assert_eq!(names(&sheet), [("test.add", 1, 1), ("test.count", 1, 1)]);
    assert!(sheet.db_ns() > 0 && sheet.waited_ns(Wait::Reader) > 0);
}

#[test]
fn two_stores_share_nothing() {
    let folders = [Folder::new(), Folder::new()];
    let stores = folders.each_ref().map(measured);
    notes_of(&stores[0]);
    assert_eq!(stores.each_ref().map(|store| told(store, &COUNT).0), [1, 0]);
}
