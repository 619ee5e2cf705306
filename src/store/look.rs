//! Every page of the file looked at behind the first requests, a table at a time.
//!
//! A start does not wait for it: a long history takes a slow card a minute. What is found ends writing, as
//! damage does that a request met.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use rusqlite::InterruptHandle;

use super::open::OpenError;
use super::outcome::Trouble;
use super::shared::Shared;
use super::{STEPS, explain, open, probe};

/// A look that is under way, or over.
pub(super) struct Looking {
    wanted: Arc<Wanted>,
    thread: JoinHandle<()>,
}

#[derive(Default)]
struct Wanted {
    ended: Mutex<Ended>,
    changed: Condvar,
}

#[derive(Default)]
struct Ended {
    ended: bool,
    /// What ends the statement that runs.
    interrupt: Option<InterruptHandle>,
}

impl Looking {
    /// Begins after a while.
    pub(super) fn begin(path: PathBuf, shared: Arc<Shared>, after: Duration) -> std::io::Result<Self> {
        let wanted = Arc::new(Wanted::default());
        let told = Arc::clone(&wanted);
        let thread = thread::Builder::new().name("look".to_owned()).spawn(move || {
            if told.sleep(after) {
                behind_everybody();
                told.look(&path, &shared);
            }
        })?;
        Ok(Self { wanted, thread })
    }

    /// Ends it, whether it is through or not.
    pub(super) fn end(self) {
        {
            let mut ended = self.wanted.ended.lock();
            ended.ended = true;
            if let Some(interrupt) = &ended.interrupt {
                interrupt.interrupt();
            }
        }
        self.wanted.changed.notify_all();
        if self.thread.join().is_err() {
            log::error!("looking at the file's pages panicked");
        }
    }
}

impl Wanted {
    /// False where it was ended meanwhile.
    fn sleep(&self, time: Duration) -> bool {
        let mut ended = self.ended.lock();
        self.changed.wait_while_for(&mut ended, |ended| !ended.ended, time);
        !ended.ended
    }

    fn look(&self, path: &Path, shared: &Shared) {
        let began = Instant::now();
        match self.tables(path) {
            Ok(Some(wrong)) => match wrong.first() {
                Some(first) => shared.now_corrupt(first),
                None => log::info!("every page was looked at in {} ms and is sound", began.elapsed().as_millis()),
            },
            Ok(None) => log::debug!("not every page was looked at: the store stops"),
            Err(OpenError::Damaged { what, .. }) => shared.now_corrupt(&what),
            Err(error) => log::warn!("not every page was looked at: {error}"),
        }
    }

    /// What is wrong with the first table where something is; `None` where it was ended.
    fn tables(&self, path: &Path) -> Result<Option<Vec<String>>, OpenError> {
        let conn = open::reader_alone(path, STEPS)?;
        self.ended.lock().interrupt = Some(conn.get_interrupt_handle());
        let failed = |e| OpenError::sqlite(path, "looking at", e);
        for table in explain::tables(&conn).map_err(failed)? {
            if self.ended.lock().ended {
                return Ok(None);
            }
            match probe::quick(&conn, &table) {
                Ok(wrong) if wrong.is_empty() => {}
                Ok(wrong) => return Ok(Some(wrong)),
                Err(_) if self.ended.lock().ended => return Ok(None),
                // Somebody else's matter, and met by who reads that table.
                Err(error) if Trouble::of(&error) == Some(Trouble::Busy) => log::debug!("{table}: {error}"),
                Err(error) => return Err(failed(error)),
            }
        }
        self.ended.lock().interrupt = None;
        Ok(Some(Vec::new()))
    }
}

/// This thread gets what the others leave of the processor and of the disk (setpriority(2), ioprio_set(2)).
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "neither call has a safe form")]
fn behind_everybody() {
    const WHO_PROCESS: libc::c_int = 1;
    const CLASS_IDLE: libc::c_int = 3 << 13;
    // SAFETY: both take numbers alone, and 0 is this thread on Linux. Where they fail it goes on as the others.
    unsafe {
        libc::setpriority(libc::PRIO_PROCESS as _, 0, 19);
        libc::syscall(libc::SYS_ioprio_set, WHO_PROCESS, 0, CLASS_IDLE);
    }
}

#[cfg(not(target_os = "linux"))]
fn behind_everybody() {}
