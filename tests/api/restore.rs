//! `comanda restore`: a backup in the file's place, and what was there beside it.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::json;

use crate::commands::comanda;
use crate::harness::Folder;
use crate::orders::Night;
use crate::template;

fn said(db: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let told = comanda(db, arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (told.status.code(), text(&told.stdout) + &text(&told.stderr))
}

#[track_caller]
fn done(db: &Path, arguments: &[&str]) -> String {
    let (code, said) = said(db, arguments);
    assert_eq!(code, Some(0), "{arguments:?}: {said}");
    said
}

fn word(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The one row of a query.
fn of<T: rusqlite::types::FromSql>(db: &Path, query: &str) -> T {
    Connection::open(db).unwrap().query_row(query, (), |row| row.get(0)).unwrap()
}

fn orders(db: &Path) -> i64 {
    of(db, "select count(*) from orders")
}

fn epoch(db: &Path) -> i64 {
    of(db, "select epoch from site")
}

/// Files kept aside by restores of `db`, logs not counted, by their names.
fn aside(db: &Path) -> Vec<PathBuf> {
    let beginning = format!("{}.before-restore-", db.file_name().unwrap().to_str().unwrap());
    let kept = fs::read_dir(db.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with(&beginning) && !["-wal", "-shm"].iter().any(|log| name.ends_with(log))
    });
    let mut kept: Vec<PathBuf> = kept.collect();
    kept.sort();
    kept
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", word(path)))
}

/// A night with an order in its backup, and two more since.
fn backed_up() -> (Night, PathBuf) {
    let n = Night::new();
    n.order(&[(n.carbonara, 2)]).post("/payments", json!({"tender": "cash"})).created();
    let backup = n.house.folder.file("friday.db");
    done(&n.house.db(), &["backup", word(&backup)]);
    n.order(&[(n.pilsner, 1)]);
    n.order(&[(n.pilsner, 2)]);
    (n, backup)
}

#[test]
fn a_backup_takes_the_files_place_and_back() {
    let (mut n, backup) = backed_up();
    let db = n.house.db();
    let (code, refused) = said(&db, &["restore", word(&backup)]);
    assert_eq!(code, Some(1));
    assert!(refused.contains("is in use by process"), "{refused}");
    n.house.stop();
    assert_eq!((orders(&db), epoch(&db)), (3, 1));
    // What an interrupted restore left is in nobody's way.
    fs::create_dir(beside(&db, ".restoring")).unwrap();
    fs::write(beside(&db, ".restoring/made.db"), "half a file").unwrap();
    let told = done(&db, &["restore", word(&backup)]);
    let [old] = aside(&db).try_into().unwrap();
    let back = format!("comanda restore {} --db {}", word(&old), word(&db));
    for words in ["Da Gina is restored to ", " as it was on 2026-11-20: 1 orders.", "epoch is 2 now", &back] {
        assert!(told.contains(words), "no {words:?} in {told}");
    }
    assert_eq!((orders(&db), epoch(&db)), (1, 2));
    assert_eq!((orders(&old), epoch(&old)), (3, 1));
    let last = "select kind || ' ' || epoch || ' ' || payload from journal order by seq desc limit 1";
    let last = of::<String>(&db, last);
    // The machine's clock made it, which shows another day than the night's.
    let payload = last.strip_prefix("site.restored 2 ").unwrap();
    assert_eq!(comanda::journal::model::told(payload), r#"{"epoch":2}"#);
    assert!(!beside(&db, ".restoring").exists());
    done(&db, &["check", "--integrity"]);
    done(&backup, &["check"]);

    // The day goes on: terminals are known, people sign in anew, and a key that was lost with its order
    // is as good as new.
    n.house.restart();
    n.house.as_("waiter").get("/orders").refused("token_invalid");
    let waiter = n.house.sign_in("waiter");
    assert_eq!(waiter.get("/orders").ok().int("/page/total"), 1);
    waiter.post("/orders").body(json!({"kind": "takeaway"})).created();
    let record = waiter_record(&n);
    assert_eq!((record["kind"].as_str(), record["epoch"].as_i64()), (Some("order.opened"), Some(2)));
    n.house.stop();

    // The undoing is another restore, and its records are told from those of both before it.
    done(&db, &["restore", word(&old)]);
    assert_eq!((orders(&db), epoch(&db)), (3, 3));
    done(&db, &["check", "--integrity"]);
    assert_eq!(aside(&db).len(), 2);
    n.house.restart();
    assert_eq!(n.house.sign_in("waiter").get("/orders").ok().int("/page/total"), 3);
}

/// The last order opened, as the journal has it.
fn waiter_record(n: &Night) -> serde_json::Value {
    n.records("order.opened").pop().unwrap()
}

#[test]
fn a_key_in_the_backup_is_still_a_key() {
    let mut n = Night::new();
    let order = |n: &Night, key: &str| {
        let waiter = n.house.sign_in("waiter");
        waiter.post("/orders").body(json!({"kind": "takeaway"})).key(key).created()
    };
    let kept = order(&n, "kept");
    let backup = n.house.folder.file("friday.db");
    done(&n.house.db(), &["backup", word(&backup)]);
    let lost = order(&n, "lost");
    n.house.stop();
    done(&n.house.db(), &["restore", word(&backup)]);
    n.house.restart();
    let again = order(&n, "kept");
    assert_eq!((again.header("idempotency-replayed"), &again.bytes), ("true", &kept.bytes));
    let anew = order(&n, "lost");
    assert_eq!((anew.header("idempotency-replayed"), anew.id()), ("", lost.id()));
}

/// A folder with the file of a stopped night and its backup.
fn stopped() -> (Folder, PathBuf, PathBuf) {
    let (mut n, made) = backed_up();
    n.house.stop();
    let folder = Folder::new();
    let (db, backup) = (folder.file("gina.db"), folder.file("friday.db"));
    fs::copy(n.house.db(), &db).unwrap();
    fs::copy(made, &backup).unwrap();
    (folder, db, backup)
}

#[test]
fn what_is_no_sound_backup_changes_nothing() {
    let (folder, db, backup) = stopped();
    let bytes = fs::read(&db).unwrap();
    let check = |name: &str, change: &dyn Fn(&Path), words: &str| {
        let changed = folder.file(name);
        fs::copy(&backup, &changed).unwrap();
        change(&changed);
        let (code, told) = said(&db, &["restore", word(&changed)]);
        assert_eq!(code, Some(1), "{name}: {told}");
        assert!(told.contains(words), "{name}: no {words:?} in {told}");
        assert!(fs::read(&db).unwrap() == bytes, "{name}: the file was changed");
        assert!(aside(&db).is_empty() && !beside(&db, ".restoring").exists(), "{name}");
        assert_eq!(fs::metadata(beside(&db, "-wal")).map_or(0, |log| log.len()), 0, "{name}");
    };
    let sql = |words: &'static str| move |path: &Path| Connection::open(path).unwrap().execute_batch(words).unwrap();
    let page_of = |table: &str| {
        let root: i64 = of(&backup, &format!("select rootpage from sqlite_schema where name = '{table}'"));
        usize::try_from(root - 1).unwrap() * 4096
    };
    let page = page_of("orders");
    let flip = |path: &Path| {
        let mut bytes = fs::read(path).unwrap();
        bytes[page..page + 4096].iter_mut().for_each(|byte| *byte ^= 0xFF);
        fs::write(path, bytes).unwrap();
    };
    check("flipped.db", &flip, "is no backup to rely on: ");
    let cut = |path: &Path| fs::write(path, &fs::read(&backup).unwrap()[..9 * 4096]).unwrap();
    check("cut.db", &cut, "is no backup to rely on: ");
    let first = |path: &Path| fs::write(path, "dear diary, ".repeat(1000)).unwrap();
    check("diary.db", &first, "it is not a comanda file, or its beginning is damaged");
    // Sound pages, and a record that says something else than it said.
    let record = "drop trigger journal_no_update; update journal set payload = '{}' where seq = 4";
    check("forged.db", &sql(record), "journal: record 4 was changed");
    check(
        "robbed.db",
        &sql("update payments set amount = amount - 100, tendered = tendered - 100"),
        "checks 1: paid is ",
    );
    check("other.db", &sql("pragma application_id = 77"), "belongs to another program");
    check("newer.db", &sql("pragma user_version = 99"), "is at schema step 99 and this program knows ");
    let nothing = |path: &Path| fs::remove_file(path).unwrap();
    check("nothing.db", &nothing, "There is no file ");
    check("empty.db", &|path| (fs::remove_file(path), template::empty(path)).1, "There is no restaurant");
    let (code, told) = said(&db, &["restore", word(&db)]);
    assert_eq!((code, told.contains("is the file itself")), (Some(1), true), "{told}");
    // Nor does another program's file make way.
    let diary = folder.file("diary-of-others.db");
    Connection::open(&diary).unwrap().execute_batch("pragma application_id = 77; create table day (x)").unwrap();
    let before = fs::read(&diary).unwrap();
    let (code, told) = said(&diary, &["restore", word(&backup)]);
    assert_eq!((code, told.contains("belongs to another program")), (Some(1), true), "{told}");
    assert!(fs::read(&diary).unwrap() == before);
    // What can be made anew is no reason to be without it.
    let rollup = "update day_totals set gross = gross + 1 where dim = 'all'";
    Connection::open(&backup).unwrap().execute_batch(rollup).unwrap();
    let told = done(&db, &["restore", word(&backup)]);
    assert!(told.contains("comanda check --repair rollups --yes --db "), "{told}");
    done(&db, &["check", "--repair", "rollups", "--yes"]);
    done(&db, &["check"]);
}

#[test]
fn a_log_that_was_left_stays_with_its_file() {
    let (folder, stopped, backup) = stopped();
    // As after a kill: the file, and a commit that is in its log alone.
    let db = folder.file("killed.db");
    let conn = Connection::open(&stopped).unwrap();
    conn.execute_batch("pragma wal_autocheckpoint = 0; update settings set name = 'Da Nino'").unwrap();
    let killed = || {
        fs::copy(&stopped, &db).unwrap();
        fs::copy(beside(&stopped, "-wal"), beside(&db, "-wal")).unwrap();
    };
    killed();
    let name = |db: &Path| of::<String>(db, "select name from settings");
    done(&db, &["restore", word(&backup)]);
    assert_eq!((name(&db), orders(&db), epoch(&db)), ("Da Gina".to_owned(), 1, 2));
    let [old] = aside(&db).try_into().unwrap();
    assert_eq!((name(&old), orders(&old)), ("Da Nino".to_owned(), 3));
    done(&db, &["check", "--integrity"]);
    fs::remove_file(&old).unwrap();

    // Of a file that is beyond reading the log is kept as it was.
    killed();
    fs::write(&db, [0xAB; 40_960]).unwrap();
    let log = fs::read(beside(&db, "-wal")).unwrap();
    done(&db, &["restore", word(&backup)]);
    assert_eq!((name(&db), orders(&db)), ("Da Gina".to_owned(), 1));
    assert!(epoch(&db) > 1_000_000_000, "nobody knows what its epoch was");
    let [old] = aside(&db).try_into().unwrap();
    assert!(fs::read(&old).unwrap() == [0xAB; 40_960] && fs::read(beside(&old, "-wal")).unwrap() == log);
    assert!(!beside(&old, "-shm").exists());
    done(&db, &["check", "--integrity"]);

    // On a box that has nothing yet, and where only a log was left.
    let new = folder.file("new.db");
    fs::write(beside(&new, "-wal"), &log).unwrap();
    done(&new, &["restore", word(&backup)]);
    assert_eq!((name(&new), orders(&new)), ("Da Gina".to_owned(), 1));
    done(&new, &["check"]);
}

/// Puts in the place of `file` what a program of the first schema step would have kept of it: every table of
/// that step with the columns it had, but rows that it could not have had.
fn as_of_the_first_step(file: &Path) {
    let newer = beside(file, ".newer");
    fs::rename(file, &newer).unwrap();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/001_base.sql");
    let db = Connection::open(file).unwrap();
    db.execute_batch("pragma foreign_keys = off").unwrap();
    db.execute_batch(&fs::read_to_string(schema).unwrap()).unwrap();
    db.execute("attach ?1 as newer", [word(&newer)]).unwrap();
    let names = |query: &str| -> Vec<String> {
        let mut statement = db.prepare(query).unwrap();
        statement.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    for table in names("select name from main.sqlite_schema where type = 'table'") {
        let columns =
            names(&format!("select '\"' || name || '\"' from pragma_table_info('{table}', 'main')")).join(", ");
        // That program knew one kind of tender less.
        let known = if table == "tenders" { " where kind <> 'deposit'" } else { "" };
        let copy = format!("insert or ignore into main.{table} ({columns}) select {columns} from newer.{table}{known}");
        db.execute_batch(&copy).unwrap();
    }
    let application: i64 = db.query_row("pragma newer.application_id", (), |row| row.get(0)).unwrap();
    db.execute_batch(&format!("pragma application_id = {application}; pragma user_version = 1")).unwrap();
    db.close().unwrap();
    fs::remove_file(&newer).unwrap();
}

#[test]
fn a_backup_of_an_older_program_is_brought_up_to_date() {
    let (_folder, db, backup) = stopped();
    as_of_the_first_step(&backup);
    done(&db, &["restore", word(&backup)]);
    assert_eq!((of::<i64>(&db, "pragma user_version") > 1, orders(&db)), (true, 1));
    done(&db, &["check", "--integrity"]);
    assert_eq!(of::<i64>(&backup, "pragma user_version"), 1, "the backup itself is only read");
}
