//! Faults made on purpose, so that what finds them can be seen to. Only in builds with debug
//! assertions: a release has neither the switches nor the code that looks at them.
//!
//! `COMANDA_FAULT=slow_statement=NAME` makes every run of a statement 150 ms longer,
//! `COMANDA_FAULT=n_plus_one=NAME` has every read run it 40 times besides; NAME takes no values.
//! `COMANDA_FAULT=acknowledge_failed_commits` does what it says, and `COMANDA_FAULT=powersafe_overwrite` has
//! a commit end where its last byte is, as SQLite has it by default. With `COMANDA_FAULT=no_reserve` no room
//! is held for a full disk.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;

use super::read::{Read, Snapshot};
use super::statement::Statement;

const LONGER: Duration = Duration::from_millis(150);
const AGAIN: usize = 40;

/// What is wrong on purpose; nothing by default.
#[derive(Debug, Default)]
pub struct Faults {
    slow: Mutex<Option<String>>,
    again: Mutex<Option<&'static Statement>>,
    full: AtomicBool,
    acknowledges: bool,
}

impl Faults {
    pub(super) fn of_environment(statements: &[&'static Statement]) -> Self {
        let mut faults = Self::default();
        let word = std::env::var("COMANDA_FAULT").unwrap_or_default();
        faults.acknowledges = word == "acknowledge_failed_commits";
        match word.split_once('=') {
            Some(("slow_statement", name)) => faults.slow_statement(Some(name)),
            Some(("n_plus_one", name)) => faults.n_plus_one(statements.iter().copied().find(|s| s.name == name)),
            _ => {}
        }
        faults
    }

    /// Makes a statement slow, or none.
    pub fn slow_statement(&self, name: Option<&str>) {
        *self.slow.lock() = name.map(str::to_owned);
    }

    /// Has every read run a statement without values again and again, or none.
    pub fn n_plus_one(&self, statement: Option<&'static Statement>) {
        *self.again.lock() = statement;
    }

    /// Fills the disk, or makes room.
    pub fn disk_full(&self, full: bool) {
        self.full.store(full, Relaxed);
    }

    pub(super) fn is_disk_full(&self) -> bool {
        self.full.load(Relaxed)
    }

    pub(super) fn acknowledges_failed_commits(&self) -> bool {
        self.acknowledges
    }

    pub(super) fn delay(&self, statement: &Statement) {
        let slow = self.slow.lock().as_deref() == Some(statement.name);
        if slow {
            thread::sleep(LONGER);
        }
    }

    pub(super) fn repeat(&self, db: &Snapshot) {
        let Some(statement) = *self.again.lock() else { return };
        for _ in 0..AGAIN {
            if let Err(fault) = db.each(statement, (), |_| Ok(())) {
                log::warn!("a fault made on purpose: {fault}");
            }
        }
    }
}

pub(super) fn holds_no_room() -> bool {
    std::env::var("COMANDA_FAULT").is_ok_and(|word| word == "no_reserve")
}

/// The name under which SQLite trusts the drive with what stands beside the bytes that are written.
pub(super) fn trusting(path: &Path) -> Option<String> {
    let trusts = std::env::var("COMANDA_FAULT").is_ok_and(|word| word == "powersafe_overwrite");
    let name = path.to_str().filter(|name| trusts && !name.contains(['?', '#', '%']))?;
    Some(format!("file:{name}?psow=1"))
}
