//! A disk that fails for real, in a process of its own.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::Command;

use super::*;

const FOLDER: &str = "COMANDA_STORE_CHILD";

/// Writes until the disk fails; notes every acknowledgement. Only ever run by the test below.
#[test]
#[ignore = "runs as a child of the test below"]
fn writes_until_the_disk_fails() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let store = Store::open_with_steps(Config::new(folder.join("till.db")), Arc::new(()), STATEMENTS, STEPS).unwrap();
    let mut heard = OpenOptions::new().append(true).create(true).open(folder.join("heard")).unwrap();
    for _ in 0..10_000 {
        store.write_blocking(|tx| Ok(tx.insert(&FILL, params![3000])?)).unwrap();
        heard.write_all(b".").unwrap();
    }
}

#[test]
fn a_disk_that_fails_ends_the_process_and_nothing_acknowledged_is_lost() {
    let folder = Folder::new();
    // A file may grow to a megabyte or two; a write beyond that is an I/O error to SQLite.
    let child = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 2048; exec \"$0\" --exact --ignored \"$1\""])
        .arg(std::env::current_exe().unwrap())
        .arg("store::tests::crash::writes_until_the_disk_fails")
        .env(FOLDER, &folder.0)
        .output()
        .unwrap();
    assert_eq!(child.status.code(), Some(70), "{}", String::from_utf8_lossy(&child.stdout));
    let heard = std::fs::read(folder.0.join("heard")).unwrap().len();
    assert!(heard > 10, "{heard}");
    // The next start empties the log that was left, and goes on. The one that failed may have come as far as the
    // log: nobody was told of it.
    let (store, _) = open(folder.config());
    let there = notes(&store).len();
    assert!((heard..=heard + 1).contains(&there), "{there} of {heard}");
    add(&store, "next").unwrap();
}
