//! Backups: by hand and by the server itself, what is beside them, what goes, and the rehearsal of a restore.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use comanda::backups::checksum::{self, Told};
use rusqlite::Connection;
use serde_json::json;

use crate::commands::comanda;
use crate::harness::{Folder, House};
use crate::orders::Night;

fn said(db: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let told = comanda(db, arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (told.status.code(), text(&told.stdout) + &text(&told.stderr))
}

#[track_caller]
fn says(db: &Path, arguments: &[&str], code: i32, words: &[&str]) -> String {
    let (found, said) = said(db, arguments);
    assert_eq!(found, Some(code), "{arguments:?}: {said}");
    for words in words {
        assert!(said.contains(words), "{arguments:?}: no {words:?} in {said}");
    }
    said
}

fn word(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Every name in a folder, and what is in the files.
fn all_of(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    // Whoever looked last has its number in the lock.
    entries
        .filter(|path| !word(path).ends_with(".lock"))
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap_or_default()))
        .collect()
}

fn names(folder: &Path) -> Vec<String> {
    all_of(folder).into_keys().collect()
}

fn orders(db: &Path) -> i64 {
    Connection::open(db).unwrap().query_row("select count(*) from orders", (), |row| row.get(0)).unwrap()
}

#[test]
fn a_backup_has_its_checksum_beside_it() {
    let n = Night::new();
    n.order(&[(n.carbonara, 2)]).post("/payments", json!({"tender": "cash"})).created();
    let folder = Folder::new();
    let (db, backup) = (n.house.db(), folder.file("friday.db"));
    // What an interrupted one left, by a process that is no more.
    fs::write(folder.file(".friday.db.4194305.copying"), "half a file").unwrap();
    says(&db, &["backup", word(&backup)], 0, &["the copy is sound (", "lies on the same disk as "]);
    assert_eq!(names(&folder.file("")), ["friday.db", "friday.db.sha256"]);
    let check = Command::new("sha256sum").args(["--check", "friday.db.sha256"]).current_dir(folder.file("")).output();
    if let Ok(told) = check {
        assert!(told.status.success(), "{told:?}");
    }
    assert_eq!(checksum::check(&backup).unwrap(), Told::Right);
    // A newer one takes its place, with its own.
    n.order(&[(n.pilsner, 1)]);
    says(&db, &["backup", word(&backup)], 0, &[]);
    assert_eq!((orders(&backup), checksum::check(&backup).unwrap()), (2, Told::Right));
    assert_eq!(names(&folder.file("")), ["friday.db", "friday.db.sha256"]);
    let stats = n.house.as_("manager").get("/stats").ok();
    let whole = fs::canonicalize(&backup).unwrap();
    assert_eq!(
        stats.at("/system/backup"),
        &json!({"to": whole, "same_disk": true, "failed_at": null, "trouble": null})
    );
    assert!(stats.list("/alerts").iter().any(|alert| alert["code"] == "backup_same_disk"), "{}", stats.at("/alerts"));
    // Another disk, where this machine has one.
    let memory = Path::new("/dev/shm");
    if fs::metadata(memory).is_ok_and(|m| m.dev() != fs::metadata(&db).unwrap().dev()) {
        let elsewhere = memory.join(format!("comanda-elsewhere-{}.db", std::process::id()));
        let told = said(&db, &["backup", word(&elsewhere)]).1;
        assert!(elsewhere.exists() && !told.contains("same disk"), "{told}");
        fs::remove_file(checksum::beside(&elsewhere)).and_then(|()| fs::remove_file(&elsewhere)).unwrap();
    }
}

#[test]
fn a_copy_that_is_not_sound_is_no_backup() {
    let mut n = Night::new();
    n.order(&[(n.carbonara, 2)]);
    let folder = Folder::new();
    let (db, backup) = (n.house.db(), folder.file("friday.db"));
    says(&db, &["backup", word(&backup)], 0, &[]);
    let before = all_of(&folder.file(""));
    n.house.stop();
    n.house.by_hand();
    let change = "drop trigger journal_no_update; update journal set payload = '{}' where seq = 4";
    Connection::open(&db).unwrap().execute_batch(change).unwrap();
    says(&db, &["backup", word(&backup)], 1, &["the copy is not sound: journal: record 4 was changed"]);
    assert!(all_of(&folder.file("")) == before, "the good one stays, and nothing else does");
    says(&db, &["backup", word(&folder.file("no/such/folder.db"))], 1, &[]);
    says(&db, &["backup", word(&folder.file(""))], 1, &["is a folder"]);
}

/// A stopped night with its backup in a folder of its own.
fn backed_up() -> (Night, Folder, PathBuf) {
    let mut n = Night::new();
    n.order(&[(n.carbonara, 2)]).post("/payments", json!({"tender": "cash"})).created();
    let folder = Folder::new();
    let backup = folder.file("friday.db");
    says(&n.house.db(), &["backup", word(&backup)], 0, &[]);
    n.house.stop();
    (n, folder, backup)
}

#[test]
fn a_restore_is_rehearsed_and_nothing_changes() {
    let (mut n, folder, backup) = backed_up();
    let db = n.house.db();
    let house = db.parent().unwrap().to_owned();
    let before = (all_of(&house), all_of(&folder.file("")));
    says(&db, &["check", "--backup", word(&backup)], 0, &["all holds", "friday.db"]);
    assert!((all_of(&house), all_of(&folder.file(""))) == before, "{:?}", names(&house));
    // Beside a server, which is not concerned; and where one was interrupted.
    n.house.restart();
    fs::create_dir(house.join(".comanda.db.4194305.trying")).unwrap();
    says(&db, &["check", "--backup", word(&backup)], 0, &["all holds"]);
    assert!(!names(&house).iter().any(|name| name.ends_with(".trying")), "{:?}", names(&house));
    assert!(all_of(&folder.file("")) == before.1);
    n.house.stop();

    let changed = folder.file("changed.db");
    let check = |change: &dyn Fn(&Path), words: &[&str]| {
        fs::copy(&backup, &changed).unwrap();
        change(&changed);
        let before = (all_of(&house), all_of(&folder.file("")));
        says(&db, &["check", "--backup", word(&changed)], 1, words);
        assert!((all_of(&house), all_of(&folder.file(""))) == before, "{words:?}");
        let _ = fs::remove_file(checksum::beside(&changed));
    };
    let sql = |words: &'static str| move |path: &Path| Connection::open(path).unwrap().execute_batch(words).unwrap();
    let first = |path: &Path| fs::write(path, "dear diary, ".repeat(1000)).unwrap();
    check(&first, &["it is not a comanda file"]);
    let record = "drop trigger journal_no_update; update journal set payload = '{}' where seq = 4";
    check(&sql(record), &["journal: record 4 was changed", "1 value is not what it should be"]);
    let robbed = "update payments set amount = amount - 100, tendered = tendered - 100";
    check(&sql(robbed), &["checks 1: paid is "]);
    check(&sql("update day_totals set gross = gross + 1 where dim = 'all'"), &["gross is "]);
    check(&sql("pragma user_version = 99"), &["is at schema step 99"]);
    // Sound in itself, and not what was written down of it.
    let other = |path: &Path| {
        fs::copy(checksum::beside(&backup), checksum::beside(path)).unwrap();
        Connection::open(path).unwrap().execute_batch("update settings set name = 'Da Nino'").unwrap();
    };
    check(&other, &["is no backup to rely on: it is not what "]);
}

#[test]
fn a_restore_asks_the_checksum() {
    let (n, _folder, backup) = backed_up();
    let db = n.house.db();
    let bytes = fs::read(&db).unwrap();
    Connection::open(&backup).unwrap().execute_batch("update settings set name = 'Da Nino'").unwrap();
    says(&db, &["restore", word(&backup)], 1, &["is no backup to rely on: it is not what ", "friday.db.sha256"]);
    assert!(fs::read(&db).unwrap() == bytes);
    assert!(
        !names(db.parent().unwrap()).iter().any(|name| name.contains("restor")),
        "{:?}",
        names(db.parent().unwrap())
    );
    // Without one there is nothing to ask.
    fs::remove_file(checksum::beside(&backup)).unwrap();
    says(&db, &["restore", word(&backup)], 0, &["Da Nino is restored to "]);
}

/// Waits for something that a thread of the server does.
#[track_caller]
fn comes(what: &str, is_there: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(30);
    while !is_there() {
        assert!(Instant::now() < until, "no {what} for 30 s");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A house that backs up to a folder every second, and the folder.
fn backs_up(keep_bytes: u64) -> (House, Folder) {
    let to = Folder::new();
    let house = House::open_set(|config| {
        config.backups.to = Some(to.file(""));
        config.backups.every = Duration::from_secs(1);
        config.backups.keep_bytes = keep_bytes;
    });
    (house, to)
}

fn backups(folder: &Path) -> Vec<String> {
    names(folder).into_iter().filter(|name| !name.starts_with('.') && name.ends_with(".db")).collect()
}

#[test]
fn the_server_backs_up_by_itself() {
    let (mut house, to) = backs_up(1 << 40);
    let folder = to.file("");
    // Of nobody's concern: another restaurant's, and a checksum whose backup was removed.
    fs::write(to.file("other-0b4f6b0e-20260101T000000Z.db"), "theirs").unwrap();
    let order = |house: &House| house.as_("waiter").post("/orders").body(json!({"kind": "takeaway"})).created();
    order(&house);
    comes("first backup", || backups(&folder).len() == 2);
    let first = backups(&folder).into_iter().find(|name| name.starts_with("comanda-")).unwrap();
    order(&house);
    comes("second backup", || backups(&folder).len() == 3);
    let second = backups(&folder).into_iter().find(|name| name.starts_with("comanda-") && *name != first).unwrap();
    // Nothing happens, and nothing is copied.
    let manager = house.as_("manager");
    thread::sleep(Duration::from_millis(2_500));
    assert_eq!(backups(&folder).len(), 3);
    for (name, wanted) in [(&first, 1), (&second, 2)] {
        let path = to.file(name);
        assert_eq!((checksum::check(&path).unwrap(), orders(&path)), (Told::Right, wanted), "{name}");
    }
    let system = manager.get("/stats").ok().at("/system").clone();
    assert!(system["backup"]["to"].as_str().unwrap().ends_with(&second), "{system}");
    assert!(!system["last_backup_at"].is_null());
    // The disk is pulled out, and comes back.
    let away = to.file("").with_extension("away");
    fs::rename(&folder, &away).unwrap();
    order(&house);
    let trouble = || manager.get("/stats").ok().at("/system/backup/trouble").clone();
    comes("word of the failure", || trouble().is_string());
    let stats = manager.get("/stats").ok();
    assert!(stats.list("/alerts").iter().any(|alert| alert["code"] == "backup_failed"), "{}", stats.at("/alerts"));
    assert!(!folder.exists(), "a folder made here would be on another disk than was meant");
    fs::rename(&away, &folder).unwrap();
    comes("backup after the failure", || trouble().is_null() && backups(&folder).len() == 4);
    house.stop();
    says(&house.db(), &["check", "--backup", word(&to.file(&second))], 0, &["all holds"]);
}

#[test]
fn what_is_too_much_goes_and_the_newest_stays() {
    let (house, to) = backs_up(1);
    let folder = to.file("");
    fs::write(to.file("comanda-theirs.db"), "no backup of this house").unwrap();
    let newest = || backups(&folder).into_iter().rfind(|name| name.starts_with("comanda-") && name.ends_with("Z.db"));
    let mut seen = None;
    for n in 1..=3 {
        house.as_("waiter").post("/orders").body(json!({"kind": "takeaway"})).created();
        comes("next backup", || {
            newest().is_some_and(|name| Some(&name) != seen.as_ref() && orders(&to.file(&name)) == n)
        });
        comes("end of the one before", || backups(&folder).len() == 2 && names(&folder).len() == 3);
        seen = newest();
    }
    assert_eq!(checksum::check(&to.file(&seen.unwrap())).unwrap(), Told::Right);
    assert!(to.file("comanda-theirs.db").exists());
}
