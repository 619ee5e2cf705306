//! Full disks, damaged files, refused commits, failing syncs, and the log's size.

use rusqlite::ffi;

use super::*;

static MANY: Statement = Statement::new(
    "test.many",
    "with recursive n (i) as (select 1 union all select i + 1 from n where i < 400)
     insert into note (text) select i || hex(randomblob(400)) from n",
);

fn fills(store: &Store, bytes: i64) -> Result<i64> {
    store.write_blocking(move |tx| Ok(tx.insert(&FILL, params![bytes])?))
}

/// The file's own limit stands in for the disk's.
fn set_limit(store: &Store, statement: &'static Statement) -> Result<i64> {
    store.write_blocking(move |tx| Ok(tx.one(statement, [], |row| row.get(0))?))
}

/// A batch of two good jobs around one that meets the end of the file.
fn check_full(filler: &'static Statement, answers: [&str; 3], left: &[&str], lost: u64) {
    let folder = Folder::new();
    let (store, recorder) = open(folder.config());
    set_limit(&store, &PAGES_MAX).unwrap();
    recorder.0.lock().clear();
    let fills: TestJob = Box::new(move |tx| {
        match filler.name {
            "test.many" => tx.run(filler, [])?,
            _ => tx.run(filler, params![400_000])?,
        };
        tx.touch(Tag::Staff);
        Ok(())
    });
    assert_eq!(one_batch(&store, vec![adds("a"), fills, adds("b")]), answers);
    assert_eq!(store.health(), Health::Full);
    assert_eq!(store.stats().jobs_lost, lost);
    assert_eq!(notes(&store), left);
    let expected: &[&str] = if left.is_empty() { &["wake"] } else { &["wake", "invalidate [Menu]", "wake"] };
    assert_eq!(recorder.told(), expected, "nobody is told of what did not happen");
    // The file may grow by a few pages yet, so the store tries, and takes small writes again.
    add(&store, "small").unwrap();
    assert_eq!(store.health(), Health::Writable);
}

#[test]
fn full_inside_a_job() {
    // SQLite rolls the whole transaction back by itself.
    check_full(&FILL, ["read_only"; 3], &[], 3);
    // SQLite rolls only the statement back.
    check_full(&MANY, ["done ()", "read_only", "done ()"], &["a", "b"], 0);
}

#[test]
fn full_stays_read_only_until_there_is_room() {
    let folder = Folder::new();
    let (store, _) = open(folder.config());
    set_limit(&store, &PAGES_MAX).unwrap();
    assert_eq!(code(fills(&store, 400_000)), "read_only");
    // To the brim: less is left than the store calls room.
    while fills(&store, 3000).is_ok() {}
    assert_eq!(store.health(), Health::Full);
    assert_eq!(code(add(&store, "b")), "read_only");
    assert_eq!(store.health(), Health::Full);
    let before = notes(&store).len();
    raise_limit(&store);
    fills(&store, 400_000).unwrap();
    assert_eq!(store.health(), Health::Writable);
    assert_eq!(notes(&store).len(), before + 1);
}

/// The limit belongs to the writer's connection, which takes no jobs just now; this one is let in.
fn raise_limit(store: &Store) {
    store.0.shared.set_health(Health::Writable);
    set_limit(store, &PAGES_FREE).unwrap();
    store.0.shared.set_health(Health::Full);
}

#[test]
fn a_full_disk_is_not_tried_at_every_write() {
    let folder = Folder::new();
    let (store, _) = open(Config { probe_every_ms: 3_600_000, ..folder.config() });
    store.0.shared.set_health(Health::Full);
    add(&store, "the first tries, and there is room").unwrap();
    store.0.shared.set_health(Health::Full);
    assert_eq!(code(add(&store, "a")), "read_only");
}

#[test]
fn a_full_disk_is_tried_when_idle() {
    let folder = Folder::new();
    let config = folder.config();
    let fails = Arc::clone(&config.commit_fails);
    let (store, _) = open(Config { idle_ms: 1, ..config });
    *fails.lock() = Some((ffi::SQLITE_FULL, true));
    assert_eq!(code(add(&store, "a")), "read_only");
    until(|| store.health() == Health::Writable);
}

/// The commit of a batch of two fails with `code`; `gone` says whether it took the transaction along.
fn check_commit(code: i32, gone: bool, answer: &str, health: &Health) {
    let folder = Folder::new();
    let config = folder.config();
    let fails = Arc::clone(&config.commit_fails);
    let died = Arc::new(Mutex::new(None));
    let note = Arc::clone(&died);
    let on_fatal = Arc::new(move |why: &str| *note.lock() = Some(why.to_owned()));
    let (store, recorder) = open(Config { on_fatal, ..config });
    add(&store, "before").unwrap();
    recorder.0.lock().clear();
    let first: TestJob = Box::new(move |tx| {
        *fails.lock() = Some((code, gone));
        adds("a")(tx)
    });
    assert_eq!(one_batch(&store, vec![first, refuses("b")]), [answer; 2], "code {code}");
    // The wake is the held job's.
    assert_eq!(recorder.told(), ["wake"]);
    assert_eq!(notes(&store), ["before"]);
    assert_eq!(&store.health(), health);
    assert_eq!(died.lock().is_some(), answer == "unanswered");
    let next = match health {
        Health::Writable | Health::Full => "done 2",
        Health::Corrupt(_) => "damaged",
        Health::Stopping => "stopping",
    };
    assert_eq!(super::code(add(&store, "next")), next);
}

#[test]
fn a_refused_commit_acknowledges_nobody() {
    let damaged = Health::Corrupt("Error code 11: database disk image is malformed".to_owned());
    for gone in [true, false] {
        check_commit(ffi::SQLITE_FULL, gone, "read_only", &Health::Full);
        check_commit(ffi::SQLITE_BUSY, gone, "busy", &Health::Writable);
        check_commit(ffi::SQLITE_NOMEM, gone, "busy", &Health::Writable);
        check_commit(ffi::SQLITE_CORRUPT, gone, "damaged", &damaged);
        check_commit(ffi::SQLITE_IOERR_FSYNC, gone, "unanswered", &Health::Stopping);
        check_commit(ffi::SQLITE_IOERR_WRITE, gone, "unanswered", &Health::Stopping);
    }
}

#[test]
fn a_commit_refused_by_a_deferred_key_loses_its_batch_and_no_other() {
    let folder = Folder::new();
    let (store, _) = open(folder.config());
    let orphan: TestJob = Box::new(|tx| {
        tx.run(&ORPHAN, params![77])?;
        Ok(())
    });
    assert_eq!(one_batch(&store, vec![adds("a"), orphan]), ["busy"; 2]);
    assert_eq!(store.health(), Health::Writable);
    add(&store, "next").unwrap();
    assert_eq!(notes(&store), ["next"]);
}

/// Overwrites every page but the first with the same wrong byte.
fn damage(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[4096..].fill(0xAB);
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn damage_found_while_reading_or_writing_ends_writing() {
    for by_writing in [true, false] {
        let folder = Folder::new();
        let (store, _) = open(folder.config());
        add(&store, "a").unwrap();
        store.stop();
        damage(&folder.file());
        // No statements: preparing them needs the schema only, which is on the first page.
        let store = Store::open_with_steps(folder.config(), Arc::new(Recorder::default()), &[], STEPS).unwrap();
        if by_writing {
            assert_eq!(code(add(&store, "b")), "damaged");
        } else {
            assert_eq!(code(store.read_blocking(|read| Ok(read.all(&NOTES, [], |_| Ok(()))?))), "fault");
        }
        assert!(matches!(store.health(), Health::Corrupt(_)), "{:?}", store.health());
        let Err(Error::Refused(refused)) = store.write_blocking(|_| Ok(())) else { panic!("not refused") };
        let command = format!("comanda restore BACKUP --db {}", store.path().display());
        assert!(refused.detail.contains(&command), "{}", refused.detail);
        assert_eq!((refused.refusal, refused.retry_after_s), (Refusal::Damaged, Some(60)));
    }
}

/// Tells nobody and falls over.
struct Falls;

impl AfterCommit for Falls {
    fn invalidate(&self, _: &[Tag]) {
        panic!("on purpose");
    }

    fn wake(&self) {}
}

#[test]
fn a_cache_that_cannot_be_told_ends_the_process() {
    let folder = Folder::new();
    let died = Arc::new(Mutex::new(None));
    let note = Arc::clone(&died);
    let on_fatal = Arc::new(move |why: &str| *note.lock() = Some(why.to_owned()));
    let config = Config { on_fatal, ..folder.config() };
    let store = Store::open_with_steps(config, Arc::new(Falls), STATEMENTS, STEPS).unwrap();
    assert_eq!(code(store.write_blocking(adds("a"))), "fault");
    assert_eq!(died.lock().as_deref(), Some("the writer's thread panicked: on purpose"));
    assert_eq!(code(store.write_blocking(adds("b"))), "stopping");
}

#[test]
fn somebody_else_writing_is_busy_and_passes() {
    let folder = Folder::new();
    let (store, _) = open(folder.config());
    let other = raw(&folder.file());
    other.execute_batch("begin immediate").unwrap();
    assert_eq!(code(add(&store, "a")), "busy");
    other.execute_batch("rollback").unwrap();
    add(&store, "b").unwrap();
    assert_eq!(notes(&store), ["b"]);
}

const CHUNK: i64 = 4 << 20;

#[test]
fn the_log_is_copied_from_four_megabytes_on() {
    let folder = Folder::new();
    let (store, _) = open(folder.config());
    add(&store, "small").unwrap();
    store.write_blocking(|_| Ok(())).unwrap();
    assert_eq!(store.stats().checkpoints_passive, 0);
    assert!(store.stats().wal_bytes > 0);
    fills(&store, CHUNK).unwrap();
    store.write_blocking(|_| Ok(())).unwrap();
    assert_eq!((store.stats().checkpoints_passive, store.stats().checkpoints_truncate), (1, 0));
    // The log begins anew with the next write.
    add(&store, "after").unwrap();
    store.write_blocking(|_| Ok(())).unwrap();
    assert!(store.stats().wal_bytes < outcome::PASSIVE_BYTES);
    assert_eq!(store.stats().checkpoints_passive, 1);
}

#[test]
fn a_held_reader_costs_few_attempts_and_the_log_is_emptied_after_it() {
    let folder = Folder::new();
    let (store, _) = open(folder.config());
    let held = store.snapshot().unwrap();
    held.one(&COUNT, [], |_| Ok(())).unwrap();
    store
        .write_blocking(|tx| {
            for _ in 0..9 {
                tx.insert(&FILL, params![CHUNK])?;
            }
            Ok(())
        })
        .unwrap();
    for _ in 0..20 {
        store
            .write_blocking(|tx| {
                Ok(tx.run(&ADD, params![format!("{}", tx.one(&COUNT, [], |row| row.get::<_, i64>(0))?)])?)
            })
            .unwrap();
    }
    let stats = store.stats();
    assert!(stats.wal_bytes >= outcome::TRUNCATE_BYTES);
    assert_eq!((stats.checkpoints_passive, stats.checkpoints_truncate), (0, 0));
    assert_eq!(stats.checkpoints_stalled, 1);
    drop(held);
    fills(&store, CHUNK).unwrap();
    store.write_blocking(|_| Ok(())).unwrap();
    assert_eq!((store.stats().checkpoints_truncate, store.stats().wal_bytes), (1, 0));
    assert_eq!(std::fs::metadata(beside(&folder.file(), "-wal")).unwrap().len(), 0);
}

#[test]
fn an_idle_store_empties_the_log() {
    let folder = Folder::new();
    let (store, _) = open(Config { idle_ms: 1, ..folder.config() });
    add(&store, "a").unwrap();
    until(|| store.stats().checkpoints_truncate > 0);
    assert_eq!(store.stats().wal_bytes, 0);
    assert_eq!(std::fs::metadata(beside(&folder.file(), "-wal")).unwrap().len(), 0);
}
