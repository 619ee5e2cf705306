//! Backups by the server itself, on a thread that steps aside for everybody.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::model::{Family, Kept, going};
use super::{Made, Settings, checksum, make};
use crate::error::{Fault, Result};
use crate::journal;
use crate::kernel::clock::Clock;
use crate::kernel::day::UtcMs;
use crate::store::side::{self, BackupNote};
use crate::store::{self, Pace};

/// The first one waits so long at most: a start is busy enough, and a box that is switched off and on all
/// day has to come to one all the same.
const FIRST_WAIT_MAX: Duration = Duration::from_secs(60);
/// After a failure it is tried again so soon, or at the next time if that is sooner.
const AGAIN: Duration = Duration::from_secs(300);
/// What has not changed is copied again all the same after so long: a disk forgets.
const UNCHANGED_MAX: Duration = Duration::from_secs(86_400);
const STOP_WAIT: Duration = Duration::from_secs(2);

#[derive(Default)]
struct Bell {
    stopped: Mutex<bool>,
    rung: Condvar,
    /// The same, for who cannot wait for it.
    stop: AtomicBool,
}

/// The thread that backs up. Ends when told to.
pub struct Keeper {
    bell: Arc<Bell>,
    thread: JoinHandle<()>,
}

impl Keeper {
    /// Backs up the restaurant's file `db` as `settings` has it. None where it names no folder, or the system
    /// has no thread to give.
    pub fn start(db: &Path, clock: Arc<dyn Clock>, settings: &Settings) -> Option<Self> {
        let folder = settings.to.clone()?;
        warn_of_same_disk(db, &folder);
        let bell = Arc::new(Bell::default());
        let mut rounds = Rounds {
            db: db.to_owned(),
            folder,
            settings: settings.clone(),
            clock,
            bell: Arc::clone(&bell),
            last: None,
        };
        let started = thread::Builder::new().name("backups".to_owned()).spawn(move || rounds.go());
        let thread = started.inspect_err(|error| log::error!("no thread for backups: {error}")).ok()?;
        Some(Self { bell, thread })
    }

    /// Ends it; a backup under way is given up. Blocks, for 2 s at most: a check of a large copy is left to
    /// end with the process.
    pub fn stop(self) {
        self.bell.stop.store(true, Ordering::Relaxed);
        *self.bell.stopped.lock() = true;
        self.bell.rung.notify_all();
        let until = Instant::now() + STOP_WAIT;
        while !self.thread.is_finished() && Instant::now() < until {
            thread::sleep(Duration::from_millis(5));
        }
        if self.thread.is_finished() && self.thread.join().is_err() {
            log::error!("the backups' thread panicked");
        }
    }
}

fn warn_of_same_disk(db: &Path, folder: &Path) {
    if super::same_disk(db, &folder.join("any")).unwrap_or(false) {
        log::warn!(
            "backups to {} lie on the same disk as {}: if that disk fails both are gone. Name a folder on another one.",
            folder.display(),
            db.display()
        );
    }
}

/// What was copied last: the journal's last record, and where it is.
struct Last {
    at: Instant,
    head: (i64, [u8; 32]),
    made: Made,
}

struct Rounds {
    db: PathBuf,
    folder: PathBuf,
    settings: Settings,
    clock: Arc<dyn Clock>,
    bell: Arc<Bell>,
    last: Option<Last>,
}

impl Rounds {
    fn go(&mut self) {
        step_aside();
        let mut next = Instant::now() + self.settings.every.min(FIRST_WAIT_MAX);
        loop {
            let mut stopped = self.bell.stopped.lock();
            while !*stopped && Instant::now() < next {
                self.bell.rung.wait_until(&mut stopped, next);
            }
            if *stopped {
                return;
            }
            drop(stopped);
            let began = Instant::now();
            let wait = match self.round() {
                Ok(()) => self.settings.every,
                Err(_) if self.bell.stop.load(Ordering::Relaxed) => return,
                Err(error) => {
                    log::error!("the backup to {} failed: {error}", self.folder.display());
                    self.note_failure(&error.to_string());
                    self.settings.every.min(AGAIN)
                }
            };
            next = (began + wait).max(Instant::now());
        }
    }

    fn round(&mut self) -> Result<()> {
        let source = store::open_read_only(&self.db).map_err(|e| Fault::new(e.to_string()))?;
        let (site, _) = journal::ops::identity(&source)?;
        let head = journal::ops::head(&source)?.map_or((0, [0; 32]), |head| (head.seq, head.hash));
        drop(source);
        let now = self.clock.now();
        if let Some(made) = self.unchanged(head) {
            log::debug!("nothing was recorded since {}", made.path.display());
            self.note(&made, now);
            return Ok(());
        }
        let stem = self.db.file_stem().unwrap_or_default().to_string_lossy();
        let family = Family::of(&stem, &site);
        let kept = self.kept(&family)?;
        // The last good one, by its name and as it was noted.
        let named = kept.iter().max_by_key(|kept| kept.at).map(|kept| kept.name.clone());
        let noted = side::last_backup(&self.db).and_then(|note| name_of(&note.to?));
        let room = fs::metadata(&self.db).map_err(|e| Fault::from_source("looking at the file", e))?.len();
        self.forget(&kept, &named.into_iter().chain(noted).collect::<Vec<_>>(), now, room);
        let to = self.free(&family, now);
        let bell = Arc::clone(&self.bell);
        let began = Instant::now();
        let mut goes_on = |_, _| !bell.stop.load(Ordering::Relaxed);
        let made = make(&self.db, &to, &self.folder.join(family.name()), Pace::Yielding, &mut goes_on)?;
        log::info!(
            "backed up to {}: {} bytes, {} records, in {} ms",
            made.path.display(),
            made.bytes,
            made.records,
            began.elapsed().as_millis()
        );
        self.note(&made, now);
        self.forget(&self.kept(&family)?, &Vec::from_iter(name_of(&made.path)), now, 0);
        self.last = Some(Last { at: Instant::now(), head, made });
        Ok(())
    }

    /// The last backup, where it still holds all there is and is still there.
    fn unchanged(&self, head: (i64, [u8; 32])) -> Option<Made> {
        let last = self.last.as_ref()?;
        let there = fs::metadata(&last.made.path).is_ok_and(|m| m.len() == last.made.bytes);
        (there && last.head == head && last.at.elapsed() < UNCHANGED_MAX).then(|| last.made.clone())
    }

    /// A name that no backup has: of this second, or of the next that is free.
    fn free(&self, family: &Family, now: UtcMs) -> PathBuf {
        let seconds = (0..).map(|s| self.folder.join(family.name_at(now.plus_ms(s * 1_000))));
        let mut free = seconds.filter(|path| !path.exists());
        free.next().unwrap_or_else(|| self.folder.join(family.name_at(now)))
    }

    /// The backups that are there with their checksums; what has none is not one of these, or not whole.
    fn kept(&self, family: &Family) -> Result<Vec<Kept>> {
        let unreadable = |error| Fault::new(format!("{}: {error}", self.folder.display()));
        let mut kept = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let of = name.strip_suffix(".sha256");
            if of.is_some_and(|of| family.made_at(of).is_some() && !self.folder.join(of).exists()) {
                fs::remove_file(&path).map_err(unreadable)?;
                continue;
            }
            let Some(at) = family.made_at(&name) else { continue };
            let bytes = [path.clone(), checksum::beside(&path)].map(|path| fs::metadata(path).map(|m| m.len()));
            if let [Ok(file), Ok(sum)] = bytes {
                kept.push(Kept { name, at, bytes: file + sum });
            }
        }
        Ok(kept)
    }

    fn forget(&self, kept: &[Kept], newest: &[String], now: UtcMs, room: u64) {
        for name in going(kept, newest, now, room, self.settings.bounds()) {
            let path = self.folder.join(&name);
            // The checksum last: what is left of an interruption is a checksum of nothing, which goes with the next.
            match fs::remove_file(&path).and_then(|()| fs::remove_file(checksum::beside(&path))) {
                Ok(()) => log::info!("{} is no longer kept", path.display()),
                Err(error) => log::warn!("{} cannot be removed: {error}", path.display()),
            }
        }
    }

    fn note(&self, made: &Made, at: UtcMs) {
        let to = Some(made.path.clone());
        let note = BackupNote { at_ms: Some(at.get()), to, same_disk: made.same_disk, failed: None };
        if let Err(error) = side::note_backup(&self.db, &note) {
            log::warn!("nobody will know of this backup: {error}");
        }
    }

    fn note_failure(&self, why: &str) {
        let before = side::last_backup(&self.db).unwrap_or_default();
        let failed = Some((self.clock.now().get(), why.to_owned()));
        if let Err(error) = side::note_backup(&self.db, &BackupNote { failed, ..before }) {
            log::warn!("nobody else will know of it: {error}");
        }
    }
}

fn name_of(path: &Path) -> Option<String> {
    path.file_name().map(|name| name.to_string_lossy().into_owned())
}

/// Whatever the tills ask goes before the thread that calls this.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "setpriority(2) has no safe form")]
pub fn step_aside() {
    const NICE: libc::c_int = 15;
    // SAFETY: it takes numbers alone, and on Linux 0 is the calling thread.
    if unsafe { libc::setpriority(libc::PRIO_PROCESS as _, 0, NICE) } != 0 {
        log::debug!("backups are made at everybody's priority");
    }
}

#[cfg(not(target_os = "linux"))]
pub fn step_aside() {}
