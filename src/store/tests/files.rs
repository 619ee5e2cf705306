//! Who holds the file, what it is, and bringing it up to date.

use super::*;

fn refusal(config: Config, steps: &[Step]) -> OpenError {
    match Store::open_with_steps(config, Arc::new(Recorder::default()), &[], steps) {
        Ok(_) => panic!("it opened"),
        Err(error) => error,
    }
}

/// Opening is refused as `variant` with a sentence that contains `words`, and the file is not touched.
fn check_refused(make: impl FnOnce(&Path), steps: &[Step], variant: fn(&OpenError) -> bool, words: &str) {
    let folder = Folder::new();
    make(&folder.file());
    let before = std::fs::read(folder.file()).unwrap();
    let error = refusal(folder.config(), steps);
    assert!(variant(&error), "{error:?}");
    assert!(error.to_string().contains(words), "{error}");
    assert_eq!(std::fs::read(folder.file()).unwrap(), before, "the file was changed");
}

fn ours(path: &Path) {
    let (store, _) = open(Config::new(path));
    add(&store, "a").unwrap();
    store.stop();
}

#[test]
fn files_that_are_not_for_this_program() {
    let newer = |path: &Path| {
        ours(path);
        raw(path).pragma_update(None, "user_version", 9).unwrap();
    };
    check_refused(newer, STEPS, |e| matches!(e, OpenError::Newer { file: 9, program: 1, .. }), "newer comanda");
    let others = |path: &Path| raw(path).execute_batch("create table t (x); pragma application_id = 7").unwrap();
    check_refused(others, STEPS, |e| matches!(e, OpenError::OtherProgram { application_id: 7, .. }), "another program");
    let anonymous = |path: &Path| raw(path).execute_batch("create table t (x)").unwrap();
    check_refused(anonymous, STEPS, |e| matches!(e, OpenError::OtherProgram { .. }), "another program");
    let text = |path: &Path| std::fs::write(path, "dear diary, ".repeat(1000)).unwrap();
    check_refused(text, STEPS, |e| matches!(e, OpenError::NotADatabase { .. }), "not a comanda file");
}

#[test]
fn no_file_is_made_unless_asked() {
    let folder = Folder::new();
    let error = refusal(Config { create: false, ..folder.config() }, STEPS);
    assert!(matches!(error, OpenError::Missing { .. }), "{error:?}");
    assert!(!folder.file().exists());
}

#[test]
fn one_process_writes() {
    let folder = Folder::new();
    let (store, _) = open(folder.config());
    // By another name for the same file, too.
    for path in [folder.file(), folder.0.join(".").join("till.db")] {
        let error = refusal(Config { path, ..folder.config() }, STEPS);
        let OpenError::InUse { pid, .. } = &error else { panic!("{error:?}") };
        assert_eq!(*pid, Some(std::process::id()));
        assert!(error.to_string().contains("Stop the server"), "{error}");
    }
    store.stop();
    let _ = open(folder.config());
}

#[test]
fn a_store_let_go_without_stopping_frees_the_file() {
    let folder = Folder::new();
    let (store, _) = open(folder.config());
    add(&store, "a").unwrap();
    drop(store);
    assert_eq!(notes(&open(folder.config()).0), ["a"]);
}

#[test]
fn commands_read_beside_a_running_store() {
    let folder = Folder::new();
    assert!(matches!(open_read_only_with_steps(&folder.file(), STEPS), Err(OpenError::Missing { .. })));
    let (store, _) = open(folder.config());
    add(&store, "a").unwrap();
    let count = |snapshot: &Snapshot| snapshot.one(&COUNT, [], |row| row.get::<_, i64>(0)).unwrap();
    let beside_it = open_read_only_with_steps(&folder.file(), STEPS).unwrap();
    assert_eq!(count(&beside_it), 1);
    assert!(beside_it.opt(&ADD, params!["b"], |_| Ok(())).is_err());
    add(&store, "b").unwrap();
    assert_eq!(count(&beside_it), 1);
    // A copy holds what the snapshot sees, in one file.
    let copy = folder.0.join("copy.db");
    beside_it.copy_to(&copy, Pace::Full, |_, _| true).unwrap();
    let rows: i64 = raw(&copy).query_row("select count(*) from note", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 1);
    assert!(!beside(&copy, "-wal").exists() && !beside(&copy, "-journal").exists());
    // A stopped store's file, too.
    drop(beside_it);
    store.stop();
    assert_eq!(count(&open_read_only_with_steps(&folder.file(), STEPS).unwrap()), 2);
    let older = open_read_only_with_steps(&folder.file(), &[STEPS[0], STEPS[0]]);
    assert!(matches!(older, Err(OpenError::Older { file: 1, program: 2, .. })));
}

#[test]
fn a_copy_is_of_one_moment_and_ends_however_busy_the_writer_is() {
    let folder = Folder::new();
    let (store, _) = open(folder.config());
    for n in 0..50 {
        let text = n.to_string().repeat(50_000);
        store.write_blocking(move |tx| Ok(tx.run(&ADD, [text])?)).unwrap();
    }
    let (copy, snapshot) = (folder.0.join("copy.db"), open_read_only_with_steps(&folder.file(), STEPS).unwrap());
    let (mut steps, mut of_all) = (0, 0);
    let copied = snapshot.copy_to(&copy, Pace::Yielding, |_, of| {
        (steps, of_all) = (steps + 1, of);
        let text = format!("meanwhile {steps}");
        store.write_blocking(move |tx| Ok(tx.run(&ADD, [text])?)).unwrap();
        true
    });
    copied.unwrap();
    assert!(steps >= 3 && steps == of_all / 256, "{steps} steps of {of_all} pages");
    let rows: i64 = raw(&copy).query_row("select count(*) from note", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 50);
    // One that is given up leaves nothing.
    let given_up = folder.0.join("given-up.db");
    let error = snapshot.copy_to(&given_up, Pace::Yielding, |done, _| done < 512).unwrap_err();
    assert!(error.to_string().contains("told to stop") && !given_up.exists(), "{error}");
}

/// A table that others point at, made anew.
const REBUILD: Step = Step {
    name: "002_rebuild",
    sql: "create table note2 (id integer primary key, text text not null) strict;
          insert into note2 select id, text from note; drop table note; alter table note2 rename to note;",
};
const ORPHANS: Step = Step { name: "003_orphans", sql: "insert into child (note) values (99);" };
const BROKEN: Step =
    Step { name: "003_broken", sql: "create table t3 (x int) strict; insert into nowhere values (1);" };
const ENDS: Step = Step { name: "003_ends", sql: "create table t3 (x int) strict; commit;" };

fn tables(path: &Path) -> (i64, Vec<String>) {
    let conn = raw(path);
    let version = conn.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    let mut names = conn.prepare("select name from sqlite_schema where type = 'table' order by 1").unwrap();
    let names = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    (version, names)
}

#[test]
fn a_new_file_has_every_step_and_no_backup() {
    let folder = Folder::new();
    let second = Step { name: "002_more", sql: "create table t2 (x int) strict;" };
    drop(
        Store::open_with_steps(folder.config(), Arc::new(Recorder::default()), STATEMENTS, &[STEPS[0], second])
            .unwrap(),
    );
    assert_eq!(tables(&folder.file()), (2, vec!["child".into(), "note".into(), "t2".into()]));
    let application: i64 = raw(&folder.file()).pragma_query_value(None, "application_id", |row| row.get(0)).unwrap();
    assert_eq!(application, 0x434F_4D41);
    assert!(!migrate::backup_name(&folder.file(), 1).exists() && !migrate::backup_name(&folder.file(), 2).exists());
}

#[test]
fn a_step_runs_once_after_a_backup() {
    let folder = Folder::new();
    ours(&folder.file());
    let steps = [STEPS[0], REBUILD];
    for _ in 0..2 {
        let (hooks, config) = (Arc::new(Recorder::default()), folder.config());
        let store = Store::open_with_steps(config, hooks, STATEMENTS, &steps).unwrap();
        assert_eq!(notes(&store), ["a"]);
    }
    assert_eq!(tables(&folder.file()).0, 2);
    let backup = migrate::backup_name(&folder.file(), 2);
    assert_eq!(tables(&backup).0, 1);
    // The backup is a file one can go back to.
    let (store, _) = open(Config::new(&backup));
    assert_eq!(notes(&store), ["a"]);
}

#[test]
fn a_step_that_fails_leaves_the_file_at_the_one_before() {
    for (third, words) in [(BROKEN, "no such table: nowhere"), (ORPHANS, "row 1 of child points at no row of note")] {
        let folder = Folder::new();
        ours(&folder.file());
        let error = refusal(folder.config(), &[STEPS[0], REBUILD, third]);
        assert!(error.to_string().contains(words) && error.to_string().contains(third.name), "{error}");
        assert_eq!(tables(&folder.file()), (2, vec!["child".into(), "note".into()]));
        assert_eq!(tables(&migrate::backup_name(&folder.file(), 2)).0, 1);
        // The program that knows what is there goes on.
        let hooks = Arc::new(Recorder::default());
        let store = Store::open_with_steps(folder.config(), hooks, STATEMENTS, &[STEPS[0], REBUILD]).unwrap();
        assert_eq!(notes(&store), ["a"]);
    }
}

#[test]
fn a_step_cannot_end_its_transaction() {
    let folder = Folder::new();
    ours(&folder.file());
    let error = refusal(folder.config(), &[STEPS[0], ENDS]);
    assert!(matches!(error, OpenError::StepBroken { number: 2, .. }), "{error:?}");
    assert_eq!(tables(&folder.file()).0, 1);
}

#[test]
fn a_statement_that_does_not_fit_stops_the_start() {
    static WRONG: Statement = Statement::new("test.wrong", "select nothing from note");
    let folder = Folder::new();
    let error = Store::open_with_steps(folder.config(), Arc::new(Recorder::default()), &[&WRONG], STEPS).err().unwrap();
    assert!(error.to_string().contains("test.wrong"), "{error}");
    // And lets the file go.
    let _ = open(folder.config());
}

#[test]
fn a_log_left_by_a_crash_is_in_the_file_before_anything_else() {
    let folder = Folder::new();
    let (store, _) = open(folder.config());
    add(&store, "a").unwrap();
    // As after a kill: file and log as they stand, without the last checkpoint.
    let crashed = folder.0.join("crashed.db");
    std::fs::copy(folder.file(), &crashed).unwrap();
    std::fs::copy(beside(&folder.file(), "-wal"), beside(&crashed, "-wal")).unwrap();
    let (store, _) = open(Config { idle_ms: 3_600_000, ..Config::new(&crashed) });
    assert_eq!(std::fs::metadata(beside(&crashed, "-wal")).unwrap().len(), 0);
    assert_eq!(notes(&store), ["a"]);
}

#[test]
fn a_log_that_cannot_be_copied_whole_stops_the_start() {
    let folder = Folder::new();
    ours(&folder.file());
    let (reader, writer) = (raw(&folder.file()), raw(&folder.file()));
    reader.execute_batch("begin; select count(*) from note").unwrap();
    writer.execute_batch("pragma wal_autocheckpoint = 0; insert into note (text) values ('b')").unwrap();
    let config = || Config { busy_timeout_ms: 5, ..folder.config() };
    let error = refusal(config(), STEPS);
    assert!(matches!(error, OpenError::HeldOpen { .. }), "{error:?}");
    drop(reader);
    assert_eq!(notes(&open(config()).0), ["a", "b"]);
}

static SYNCHRONOUS: Statement = Statement::new("test.synchronous", "pragma synchronous");
static FOREIGN_KEYS: Statement = Statement::new("test.foreign_keys", "pragma foreign_keys");
static TRUSTED: Statement = Statement::new("test.trusted_schema", "pragma trusted_schema");
static CELLS: Statement = Statement::new("test.cell_size_check", "pragma cell_size_check");
static TRIGGERS: Statement = Statement::new("test.recursive_triggers", "pragma recursive_triggers");
static TEMP: Statement = Statement::new("test.temp_store", "pragma temp_store");
static MMAP: Statement = Statement::new("test.mmap_size", "pragma mmap_size");
static AUTOCHECKPOINT: Statement = Statement::new("test.wal_autocheckpoint", "pragma wal_autocheckpoint");
static QUERY_ONLY: Statement = Statement::new("test.query_only", "pragma query_only");

#[test]
fn every_connection_is_set_alike() {
    fn settings(read: &impl Read) -> [Option<i64>; 8] {
        [&SYNCHRONOUS, &FOREIGN_KEYS, &TRUSTED, &CELLS, &TRIGGERS, &TEMP, &MMAP, &AUTOCHECKPOINT]
            .map(|pragma| read.opt(pragma, [], |row| row.get(0)).unwrap())
    }
    let expected = [2, 1, 0, 1, 1, 2, 0, 0].map(Some);
    let folder = Folder::new();
    let (store, _) = open(folder.config());
    assert_eq!(store.write_blocking(|tx| Ok(settings(tx))).unwrap(), expected);
    let held: Vec<_> = (0..4).map(|_| store.snapshot().unwrap()).collect();
    for snapshot in held {
        assert_eq!(settings(&snapshot), expected);
        assert_eq!(snapshot.one(&QUERY_ONLY, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
    }
    assert_eq!(settings(&open_read_only_with_steps(&folder.file(), STEPS).unwrap()), expected);
}
