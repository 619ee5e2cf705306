//! Copying a database while others write to it.
//!
//! Everything is read through one read transaction of the source, so that the copy is of one moment and ends
//! however busy the writer is: SQLite begins a copy anew only where its own connection has to look again.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::open::beside;

/// How a copy goes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As fast as it can: nobody works beside it.
    Full,
    /// A MiB at a time, each brought to the disk, and after each a pause as long as it took: a commit of a
    /// till waits behind a MiB and not behind a whole file, and has the disk half of the time.
    Yielding,
}

impl Pace {
    /// Pages of 4 KiB in one step.
    fn pages(self) -> i32 {
        match self {
            Pace::Full => 1024,
            Pace::Yielding => 256,
        }
    }
}

/// No pause is longer, lest a slow disk holds a reader's snapshot for twice as long as it must.
const PAUSE_MAX: Duration = Duration::from_millis(250);
/// Somebody outside of any write-ahead log keeps the file: so often, and so long, it is tried again.
const TRIES: u32 = 100;
const TRY_AGAIN: Duration = Duration::from_millis(20);

/// Copies a database into one self-contained file and syncs it. It appears under its name only when
/// it is whole; an older one of that name goes.
pub(super) fn copy_whole(
    from: &Connection,
    to: &Path,
    pace: Pace,
    progress: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<(), String> {
    let part = beside(to, ".part");
    let told = |e: std::io::Error| e.to_string();
    copy_to(from, &part, pace, progress)?;
    fs::rename(&part, to).map_err(told)?;
    let folder = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|dir| dir.sync_all()).map_err(told)
}

/// The same under its name from the beginning, for a file that has another name once it is proven. Where it
/// fails nothing of it stays.
pub(super) fn copy_to(
    from: &Connection,
    to: &Path,
    pace: Pace,
    progress: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<(), String> {
    let told = |e: std::io::Error| e.to_string();
    for left in ["", "-journal", "-wal", "-shm"] {
        match fs::remove_file(beside(to, left)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(told(error)),
            _ => {}
        }
    }
    let copied = copy_pages(from, to, pace, progress);
    let synced = copied.and_then(|()| File::open(to).and_then(|file| file.sync_all()).map_err(told));
    if synced.is_err() {
        // What fails here failed for the reason that is told already.
        let _ = fs::remove_file(to);
    }
    synced
}

fn copy_pages(
    from: &Connection,
    to: &Path,
    pace: Pace,
    progress: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<(), String> {
    let sqlite = |e: rusqlite::Error| e.to_string();
    let mut copy = Connection::open(to).map_err(sqlite)?;
    // Nobody looks at it before it is whole and synced, and an interrupted one is thrown away.
    copy.pragma_update_and_check(None, "journal_mode", "OFF", |_| Ok(())).map_err(sqlite)?;
    copy.pragma_update(None, "synchronous", "OFF").map_err(sqlite)?;
    // Opened once and closed last: closing it would end the locks that SQLite has on the file.
    let file = File::open(to).map_err(|e| e.to_string())?;
    {
        let backup = Backup::new(from, &mut copy).map_err(sqlite)?;
        let mut tries = 0;
        loop {
            let began = Instant::now();
            match backup.step(pace.pages()).map_err(sqlite)? {
                StepResult::Done => break,
                StepResult::More => {
                    let pages = |n| u64::try_from(n).unwrap_or(0);
                    let seen = backup.progress();
                    if !progress(pages(seen.pagecount - seen.remaining), pages(seen.pagecount)) {
                        return Err("it was told to stop".to_owned());
                    }
                    if pace == Pace::Yielding {
                        file.sync_data().map_err(|e| e.to_string())?;
                        thread::sleep(began.elapsed().min(PAUSE_MAX));
                    }
                }
                _ if tries < TRIES => {
                    tries += 1;
                    thread::sleep(TRY_AGAIN);
                }
                _ => return Err("somebody keeps writing to the file".to_owned()),
            }
        }
    }
    // The copied header says WAL; a backup must not need files beside it.
    copy.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(())).map_err(sqlite)?;
    copy.close().map_err(|(_, error)| sqlite(error))
}
