//! Grouping, isolation, order of telling, bounds.

use super::*;

#[test]
fn what_is_written_is_read_by_the_pool_and_after_opening_again() {
    let folder = Folder::new();
    let (store, _) = open(folder.config());
    assert_eq!(add(&store, "a").unwrap(), 1);
    assert_eq!(notes(&store), ["a"]);
    store.stop();
    assert_eq!(code(add(&store, "b")), "stopping");
    assert_eq!(store.health(), Health::Stopping);
    assert_eq!(code(store.read_blocking(|_| Ok(()))), "stopping");
    drop(store);
    let (store, _) = open(folder.config());
    assert_eq!(notes(&store), ["a"]);
}

/// A batch of jobs, the answers to them, and what is in the file afterwards.
fn check(jobs: Vec<TestJob>, answers: &[&str], left: &[&str]) -> Stats {
    let folder = Folder::new();
    let (store, _) = open(folder.config());
    assert_eq!(one_batch(&store, jobs), answers);
    assert_eq!(notes(&store), left);
    // Whatever happened, the next write is unaffected.
    add(&store, "next").unwrap();
    let stats = store.stats();
    store.stop();
    stats
}

#[test]
fn what_waits_is_one_commit() {
    let stats = check(vec![adds("a"), adds("b"), adds("c")], &["done ()"; 3], &["a", "b", "c"]);
    assert_eq!((stats.batches, stats.jobs, stats.batch_max, stats.queue), (3, 5, 3, 0));
}

#[test]
fn a_batch_has_a_maximum() {
    let folder = Folder::new();
    let (store, _) = open(Config { batch_max: 2, ..folder.config() });
    assert_eq!(one_batch(&store, vec![adds("a"), adds("b"), adds("c")]), ["done ()"; 3]);
    assert_eq!((store.stats().batches, store.stats().batch_max), (3, 2));
}

#[test]
fn a_refused_job_leaves_nothing_and_disturbs_nobody() {
    let jobs = vec![adds("a"), refuses("b"), adds("c")];
    let stats = check(jobs, &["done ()", "sold_out", "done ()"], &["a", "c"]);
    assert_eq!((stats.jobs, stats.jobs_refused), (5, 1));
}

#[test]
fn a_panic_and_a_failed_statement_are_a_fault_for_their_job_alone() {
    let panics: TestJob = Box::new(|tx| {
        tx.insert(&ADD, params!["b"])?;
        panic!("on purpose");
    });
    let jobs = vec![adds("a"), panics, adds("a"), adds("c")];
    check(jobs, &["done ()", "fault", "fault", "done ()"], &["a", "c"]);
}

fn undoes(then: Result<()>) -> TestJob {
    Box::new(move |tx| {
        tx.insert(&ADD, params!["undone"])?;
        tx.undo()?;
        let known = tx.all(&NOTES, (), |row| row.get::<_, String>(0))?;
        assert!(!known.contains(&"undone".to_owned()), "{known:?}");
        then
    })
}

#[test]
fn a_refusal_may_look_at_what_stands() {
    let refused = || Err(Refusal::Stale.into());
    check(vec![adds("a"), undoes(refused()), adds("c")], &["done ()", "stale", "done ()"], &["a", "c"]);
    // What it wrote is gone, so that it cannot say that it is done.
    check(vec![adds("a"), undoes(Ok(())), adds("c")], &["done ()", "fault", "done ()"], &["a", "c"]);
}

fn keeping(keep: impl FnOnce(&Tx<'_>) -> Result<()> + Send + 'static, then: Result<()>) -> TestJob {
    Box::new(move |tx| {
        tx.insert(&ADD, params!["undone"])?;
        tx.if_refused(keep);
        then
    })
}

fn keeps_a_note(tx: &Tx<'_>) -> Result<()> {
    tx.insert(&ADD, params!["kept"])?;
    tx.touch(Tag::Staff);
    Ok(())
}

#[test]
fn a_refused_job_may_keep_something() {
    let refused = || Err(Refusal::PinWrong.into());
    check(vec![adds("a"), keeping(keeps_a_note, refused())], &["done ()", "pin_wrong"], &["a", "kept"]);
    // Only a refusal keeps.
    check(vec![keeping(keeps_a_note, Ok(()))], &["done ()"], &["undone"]);
    check(vec![keeping(keeps_a_note, Err(Fault::new("broken").into()))], &["fault"], &[]);
    // What cannot be kept is not told as if it had been.
    let fails = |tx: &Tx<'_>| {
        keeps_a_note(tx)?;
        Err(Refusal::Stale.into())
    };
    check(vec![keeping(fails, refused()), adds("a")], &["stale", "done ()"], &["a"]);
    let panics = |tx: &Tx<'_>| {
        keeps_a_note(tx)?;
        panic!("on purpose")
    };
    check(vec![keeping(panics, refused()), adds("a")], &["fault", "done ()"], &["a"]);
}

#[test]
fn tags_of_what_stayed_then_the_wake_then_the_answers() {
    let folder = Folder::new();
    let (store, recorder) = open(folder.config());
    let jobs = vec![adds("a"), refuses("b"), keeping(keeps_a_note, Err(Refusal::PinWrong.into())), adds("c")];
    let held = hold(&store);
    let answers: Vec<_> = jobs.into_iter().map(|job| store.queue(job).unwrap()).collect();
    recorder.0.lock().clear();
    held.release().unwrap();
    for answer in answers {
        let _ = answer.blocking_recv().unwrap();
        // Every answer comes after both.
        let told = recorder.told();
        assert_eq!(told[told.len() - 2..], ["invalidate [Menu, Staff]", "wake"]);
    }
    // Nothing stayed, nobody is told.
    recorder.0.lock().clear();
    assert_eq!(code(store.write_blocking(refuses("d"))), "sold_out");
    assert_eq!(recorder.told(), [""; 0]);
}

/// Sees from outside, while telling, whether the commit is already there.
struct Looker(PathBuf, Arc<Recorder>);

impl AfterCommit for Looker {
    fn invalidate(&self, _: &[Tag]) {
        let rows: i64 = raw(&self.0).query_row("select count(*) from note", [], |row| row.get(0)).unwrap();
        self.1.add(format!("invalidate with {rows}"));
    }

    fn wake(&self) {
        self.1.add("wake");
    }
}

#[test]
fn telling_begins_when_the_commit_is_visible() {
    let folder = Folder::new();
    let recorder = Arc::new(Recorder::default());
    let looker = Arc::new(Looker(folder.file(), recorder.clone()));
    let store = Store::open_with_steps(folder.config(), looker, STATEMENTS, STEPS).unwrap();
    store.write_blocking(adds("a")).unwrap();
    assert_eq!(recorder.told(), ["invalidate with 1", "wake"]);
}

#[test]
fn a_job_whose_caller_has_gone_is_skipped() {
    let folder = Folder::new();
    let (store, _) = open(folder.config());
    let held = hold(&store);
    let stays = store.queue(adds("a")).unwrap();
    drop(store.write(adds("gone")));
    held.release().unwrap();
    assert_eq!(code(stays.blocking_recv().unwrap()), "done ()");
    assert_eq!(notes(&store), ["a"]);
    assert_eq!(store.stats().jobs_abandoned, 1);
}

#[test]
fn one_too_many_is_busy_at_once() {
    let folder = Folder::new();
    let (store, _) = open(Config { queue_max: 2, ..folder.config() });
    let held = hold(&store);
    let waiting = [store.queue(adds("a")).unwrap(), store.queue(adds("b")).unwrap()];
    let Err(Error::Refused(refused)) = store.write_blocking(adds("c")) else { panic!("not refused") };
    assert_eq!((refused.refusal, refused.retry_after_s), (Refusal::Busy, Some(1)));
    assert_eq!(store.stats().queue, 2);
    held.release().unwrap();
    assert!(waiting.into_iter().all(|answer| answer.blocking_recv().unwrap().is_ok()));
}

#[test]
fn stopping_finishes_what_waits() {
    let folder = Folder::new();
    let (store, _) = open(folder.config());
    let held = hold(&store);
    let waiting = store.queue(adds("a")).unwrap();
    let stopper = thread::spawn({
        let store = store.clone();
        move || store.stop()
    });
    until(|| store.health() == Health::Stopping && code(store.write_blocking(adds("late"))) == "stopping");
    held.release().unwrap();
    assert_eq!(code(waiting.blocking_recv().unwrap()), "done ()");
    stopper.join().unwrap();
    assert!(!beside(&folder.file(), "-wal").exists(), "the log was emptied and removed");
    assert_eq!(notes(&open(folder.config()).0), ["a"]);
}

#[test]
fn a_write_inside_a_write_is_a_fault_and_no_deadlock() {
    let folder = Folder::new();
    let (store, _) = open(folder.config());
    let inner = store.clone();
    let answer = store.write_blocking(move |_| inner.write_blocking(adds("a")));
    assert_eq!(code(answer), "fault");
}

#[test]
fn no_reader_within_the_bound_is_busy() {
    let folder = Folder::new();
    let (store, _) = open(Config { readers: 2, wait_reader_ms: 5, ..folder.config() });
    add(&store, "a").unwrap();
    let held = [store.snapshot().unwrap(), store.snapshot().unwrap()];
    assert_eq!(code(store.read_blocking(|_| Ok(()))), "busy");
    assert_eq!(store.stats().readers_busy, 1);
    // Readers do not stand in a writer's way.
    add(&store, "b").unwrap();
    drop(held);
    assert_eq!(notes(&store), ["a", "b"]);
}

#[test]
fn a_snapshot_is_of_one_moment_and_cannot_write() {
    let folder = Folder::new();
    let (store, _) = open(folder.config());
    let snapshot = store.snapshot().unwrap();
    let count = |snapshot: &Snapshot| snapshot.one(&COUNT, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count(&snapshot), 0);
    add(&store, "a").unwrap();
    assert_eq!(count(&snapshot), 0);
    drop(snapshot);
    let snapshot = store.snapshot().unwrap();
    assert_eq!(count(&snapshot), 1);
    let fault = snapshot.opt(&ADD, params!["b"], |_| Ok(())).unwrap_err();
    assert!(fault.to_string().contains("readonly"), "{fault}");
}

#[test]
fn the_right_number_of_rows() {
    let folder = Folder::new();
    let (store, _) = open(folder.config());
    let text = |snapshot: &Snapshot| Ok(snapshot.one(&NOTES, [], |row| row.get::<_, String>(0))?);
    assert_eq!(code(store.read_blocking(text)), "fault");
    add(&store, "a").unwrap();
    assert_eq!(code(store.read_blocking(text)), "done \"a\"");
    add(&store, "b").unwrap();
    assert_eq!(code(store.read_blocking(text)), "fault");
    let first = store.read_blocking(|read| Ok(read.opt(&NOTES, [], |row| row.get::<_, String>(0))?));
    assert_eq!(first.unwrap().as_deref(), Some("a"));
}

#[test]
fn a_duplicate_is_known_from_a_dangling_row() {
    let folder = Folder::new();
    let (store, _) = open(folder.config());
    add(&store, "a").unwrap();
    let Err(Error::Fault(fault)) = add(&store, "a") else { panic!("added twice") };
    assert!(is_duplicate(&fault) && !is_dangling(&fault));
    assert!(fault.to_string().contains("test.add"), "{fault}");
}

#[test]
fn waiting_on_an_event_loop() {
    let folder = Folder::new();
    let (store, _) = open(Config { readers: 1, wait_reader_ms: 5, ..folder.config() });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        store.write(adds("a")).await.unwrap();
        let count = |read: &Snapshot| Ok(read.one(&COUNT, [], |row| row.get::<_, i64>(0))?);
        assert_eq!(store.read(count).await.unwrap(), 1);
        let held = store.snapshot().unwrap();
        assert_eq!(code(store.read(count).await), "busy");
        drop(held);
        assert_eq!(code(store.read::<(), _>(|_| panic!("on purpose")).await), "fault");
        assert_eq!(store.read(count).await.unwrap(), 1);
    });
}

static ENDS: Statement = Statement::new("test.ends", "rollback");
static BEGINS: Statement = Statement::new("test.begins", "begin immediate");

/// A batch around a job in which the transaction ends: as SQLite ends it by itself on IOERR, NOMEM and
/// BUSY, whatever the job then says; `anew` has another one begin, in which its savepoint is not known.
fn check_ended(anew: bool, says: fn() -> Result<()>) {
    let folder = Folder::new();
    let (store, recorder) = open(folder.config());
    add(&store, "before").unwrap();
    recorder.0.lock().clear();
    let ends: TestJob = Box::new(move |tx| {
        tx.insert(&ADD, params!["b"])?;
        tx.touch(Tag::Settings);
        tx.run(&ENDS, [])?;
        if anew {
            tx.run(&BEGINS, [])?;
        }
        says()
    });
    let held = hold(&store);
    let answers: Vec<_> = [adds("a"), ends, adds("c")].into_iter().map(|job| store.queue(job).unwrap()).collect();
    held.release().unwrap();
    for answer in answers {
        let Err(Error::Refused(refused)) = answer.blocking_recv().unwrap() else { panic!("not refused") };
        assert_eq!(refused.refusal, Refusal::Busy);
        assert!(refused.detail.contains("Send it again with the same key"), "{}", refused.detail);
    }
    assert_eq!(recorder.told(), ["wake"], "of the held job; nobody is told of what did not happen");
    assert_eq!((notes(&store), store.stats().jobs_lost), (vec!["before".to_owned()], 3));
    // Whatever was left of it, the next batch begins a transaction of its own.
    add(&store, "next").unwrap();
    assert_eq!((notes(&store).len(), store.health()), (2, Health::Writable));
}

#[test]
fn a_transaction_that_ends_inside_a_job_takes_its_batch_along() {
    let says: [fn() -> Result<()>; 4] =
        [|| Ok(()), || Err(Refusal::SoldOut.into()), || Err(Fault::new("on purpose").into()), || panic!("on purpose")];
    for says in says {
        check_ended(false, says);
        check_ended(true, says);
    }
}
