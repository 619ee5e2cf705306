//! Putting a backup in the file's place, under the file's lock.
//!
//! The new file is made whole in a folder beside the old one. Only then does the old one get a second
//! name, its log with it; the log goes from the first name, and the new file takes that name in one step.
//! Whatever interrupts this, under the first name there is the old file or the new one, and never a log
//! of the one beside the other, which SQLite would play into it.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};

use super::copy::{Pace, copy_whole};
use super::leftover::{sweep, unfinished};
use super::migrate::STEPS;
use super::open::{self, OpenError, beside, lock, one_name};
use super::read::{Reader, Snapshot, run};
use super::writer::checkpoint;
use super::{Config, probe};

/// What SQLite plays into a file of that name, so that it never stays when another file takes the name.
const LOGS: [&str; 2] = ["-wal", "-journal"];

/// A folder beside a file in which a copy is made and tried; it goes with this, and where that is
/// interrupted with the next.
pub struct Workshop(PathBuf);

impl Workshop {
    /// Beside the file `path`, of which nothing is asked: it may be in use, damaged or not there.
    ///
    /// # Errors
    /// Where its folder cannot be written to.
    pub fn beside(path: &Path) -> Result<Self, OpenError> {
        let path = one_name(path).map_err(|e| failed(path, "looking for", e))?;
        sweep(&path, "trying");
        Self::at(unfinished(&path, "trying"))
    }

    fn at(folder: PathBuf) -> Result<Self, OpenError> {
        let made = gone(fs::remove_dir_all(&folder)).and_then(|()| fs::create_dir(&folder));
        made.map_err(|e| failed(&folder, "making", e))?;
        Ok(Self(folder))
    }

    /// The copy, to be opened once it is made.
    pub fn made(&self) -> PathBuf {
        self.0.join("made.db")
    }

    /// Copies `backup`, which is read only, after all its pages, indexes and references were found sound.
    /// One of an older schema will do. `progress` hears of pages done and in all.
    ///
    /// # Errors
    /// [`OpenError::BadBackup`] and what else keeps it from being opened; [`OpenError::Copy`].
    pub fn copy(&self, backup: &Path, pace: Pace, mut progress: impl FnMut(u64, u64)) -> Result<(), OpenError> {
        let bad = |what: String| OpenError::BadBackup { path: backup.to_owned(), what };
        let unreadable = |error| match error {
            OpenError::NotADatabase { .. } => bad("it is not a comanda file, or its beginning is damaged".to_owned()),
            OpenError::Damaged { what, .. } => bad(what),
            other => other,
        };
        let (conn, _) = open::reader_of_any(backup, STEPS).map_err(unreadable)?;
        let sqlite = |doing| move |e| OpenError::sqlite(backup, doing, e);
        // Of one moment, also where it is a file that somebody writes to.
        run(&conn, "BEGIN").map_err(sqlite("reading")).map_err(unreadable)?;
        let wrong = probe::integrity(&conn).map_err(sqlite("checking")).map_err(unreadable)?;
        if let Some(first) = wrong.into_iter().next() {
            return Err(bad(first));
        }
        let (to, mut progress) = (self.made(), |done, of| {
            progress(done, of);
            true
        });
        copy_whole(&conn, &to, pace, &mut progress).map_err(|what| OpenError::Copy { path: to, what })
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            log::warn!("{} stays: {error}", self.0.display());
        }
    }
}

/// A file that is about to be replaced. It is locked, and nothing of it has changed.
pub struct Replacing {
    path: PathBuf,
    /// Where the new file is made.
    workshop: Workshop,
    _lock: File,
}

impl Replacing {
    /// Takes the lock of `path`, where there may be a damaged file or none. What an interrupted restore
    /// left goes.
    ///
    /// # Errors
    /// [`OpenError::InUse`] while a server runs on it, [`OpenError::OtherProgram`] where the file is
    /// somebody else's.
    pub fn begin(path: &Path) -> Result<Self, OpenError> {
        open::sqlite_version()?;
        let path = one_name(path).map_err(|e| failed(path, "looking for", e))?;
        let lock = lock(&path)?;
        let last = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
        // Whatever else is wrong with it is why it is replaced.
        if let Err(other @ OpenError::OtherProgram { .. }) = open::identify_untouched(&path, &Config::new(&path), last)
        {
            return Err(other);
        }
        let workshop = Workshop::at(beside(&path, ".restoring"))?;
        Ok(Self { path, workshop, _lock: lock })
    }

    /// The file's one name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file as it is, where it can still be read.
    pub fn old(&self) -> Option<Snapshot> {
        let (conn, _) = open::reader_of_any(&self.path, STEPS).ok()?;
        Snapshot::begin(Reader::Alone(conn), None).ok()
    }

    /// Where the new file is made, to be opened and made ready once it is copied.
    pub fn workshop(&self) -> &Workshop {
        &self.workshop
    }

    /// Gives the old file the name it has now with `suffix` after it, its log too, and the new one the old
    /// one's name. Answers where the old one is, if there was one.
    ///
    /// # Errors
    /// The old file is in its place then, and under the other name too if it got that far.
    pub fn put(self, suffix: &str) -> Result<Option<PathBuf>, OpenError> {
        let (path, made) = (&self.path, self.workshop.made());
        if LOGS.iter().any(|log| fs::metadata(beside(&made, log)).is_ok_and(|m| m.len() > 0)) {
            return Err(OpenError::HeldOpen { path: made });
        }
        let there = path.exists();
        if there {
            empty_log(path);
            take_after(path, &made);
        }
        let synced = File::open(&made).and_then(|file| file.sync_all());
        synced.map_err(|e| failed(&made, "syncing", e))?;
        let aside = free(path, suffix);
        for part in ["", LOGS[0], LOGS[1]] {
            let (from, to) = (beside(path, part), beside(&aside, part));
            gone(second_name(&from, &to)).map_err(|e| failed(&to, "keeping", e))?;
        }
        self.sync_folder()?;
        // The old file lacks nothing now: its log is empty, or it could not be read in the first place.
        for part in [LOGS[0], LOGS[1], "-shm"] {
            let log = beside(path, part);
            gone(fs::remove_file(&log)).map_err(|e| failed(&log, "removing", e))?;
        }
        self.sync_folder()?;
        fs::rename(&made, path).map_err(|e| failed(path, "replacing", e))?;
        self.sync_folder()?;
        Ok(there.then_some(aside))
    }

    fn sync_folder(&self) -> Result<(), OpenError> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|e| failed(folder, "syncing", e))
    }
}

fn failed(path: &Path, doing: &'static str, source: std::io::Error) -> OpenError {
    OpenError::Io { path: path.to_owned(), doing, source }
}

/// What is not there need not go.
fn gone(result: std::io::Result<()>) -> std::io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Brings the log into the file it belongs to, so that the file is whole without it. A damaged file may
/// not let that be done: then its log is kept beside it as it is.
fn empty_log(path: &Path) {
    let emptied = open::connect(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE, &Config::new(path))
        .and_then(|conn| checkpoint(&conn, "TRUNCATE"));
    match emptied {
        Ok((false, ..)) => {}
        Ok((true, ..)) => log::warn!("somebody reads {}: its log is kept beside it", path.display()),
        Err(error) => log::warn!("the log of {} is kept beside it: {error}", path.display()),
    }
}

/// Whoever could open the old file can open the new one: a server does not run as who restores.
fn take_after(old: &Path, new: &Path) {
    let taken = fs::metadata(old).and_then(|old| {
        fs::set_permissions(new, old.permissions())?;
        chown(new, Some(old.uid()), Some(old.gid()))
    });
    if let Err(error) = taken {
        log::warn!("{} keeps another owner or mode than {}: {error}", new.display(), old.display());
    }
}

/// A name that no file has yet: one that was kept aside in the same second stays.
fn free(path: &Path, suffix: &str) -> PathBuf {
    let taken = |name: &Path| ["", LOGS[0], LOGS[1]].iter().any(|part| beside(name, part).exists());
    let first = beside(path, suffix);
    let later = (2..).map(|n| beside(path, &format!("{suffix}-{n}")));
    std::iter::once(first.clone()).chain(later).find(|name| !taken(name)).unwrap_or(first)
}

/// Never in the place of another file. A file system without second names gets a copy.
fn second_name(from: &Path, to: &Path) -> std::io::Result<()> {
    match fs::hard_link(from, to) {
        Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::AlreadyExists) => {
            if to.exists() {
                return Err(ErrorKind::AlreadyExists.into());
            }
            fs::copy(from, to)?;
            File::open(to)?.sync_all()
        }
        other => other,
    }
}
