//! What follows from an error: pure decisions over the error's code and the state of the transaction.
//!
//! SQLite may end the whole transaction by itself on FULL, IOERR, NOMEM and BUSY
//! (<https://www.sqlite.org/lang_transaction.html>, "Response To Errors Within A Transaction"),
//! so `autocommit` is looked at before any roll-back of our own.

use rusqlite::ffi;

/// An error that says something about the disk or the file, not about the statement.
/// Ordered from mild to grave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trouble {
    Busy,
    NoMemory,
    /// No room on the disk, or the file is at its maximum.
    Full,
    /// The disk did not read or write.
    Io,
    /// The disk did not sync. What is in the page cache can no longer be trusted.
    Sync,
    /// The file is damaged.
    Corrupt,
}

impl Trouble {
    pub(super) fn of(error: &rusqlite::Error) -> Option<Self> {
        error.sqlite_extended_error_code().and_then(Self::of_code)
    }

    /// From SQLite's extended result code; its low byte is the primary code.
    pub(super) fn of_code(extended: i32) -> Option<Self> {
        match extended {
            ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC => return Some(Trouble::Sync),
            ffi::SQLITE_IOERR_NOMEM => return Some(Trouble::NoMemory),
            // The checksum or content read is not what was written.
            ffi::SQLITE_IOERR_DATA | ffi::SQLITE_IOERR_CORRUPTFS => return Some(Trouble::Corrupt),
            _ => {}
        }
        match extended & 0xff {
            ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => Some(Trouble::Busy),
            ffi::SQLITE_NOMEM => Some(Trouble::NoMemory),
            ffi::SQLITE_FULL => Some(Trouble::Full),
            ffi::SQLITE_IOERR => Some(Trouble::Io),
            ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB => Some(Trouble::Corrupt),
            _ => None,
        }
    }
}

/// How a job's closure ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Done,
    Refused,
    /// A fault or a panic.
    Failed,
}

/// Why a whole batch is lost, and so what its jobs are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// Nothing of it happened; the same request may be sent again.
    Retry,
    /// No room: read-only until there is.
    Full,
    /// Damaged: no more writes.
    Corrupt,
    /// Nobody knows what is on disk: end without acknowledging anything.
    Fatal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AfterJob {
    /// Release its savepoint.
    Keep,
    /// Roll its savepoint back; the others of the batch go on. `full`: it met a full disk.
    Undo {
        full: bool,
    },
    Lost(Loss),
}

/// After a job. `trouble` is the gravest it met, also where the closure did not pass it on.
pub(super) fn after_job(ended: Ended, trouble: Option<Trouble>, autocommit: bool) -> AfterJob {
    match (trouble, autocommit) {
        (Some(Trouble::Corrupt), _) => AfterJob::Lost(Loss::Corrupt),
        (Some(Trouble::Sync), _) => AfterJob::Lost(Loss::Fatal),
        (Some(Trouble::Full), true) => AfterJob::Lost(Loss::Full),
        (_, true) => AfterJob::Lost(Loss::Retry),
        (Some(trouble), false) => AfterJob::Undo { full: trouble == Trouble::Full },
        (None, false) if ended == Ended::Done => AfterJob::Keep,
        (None, false) => AfterJob::Undo { full: false },
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AfterCommit {
    Committed,
    /// `roll_back`: the transaction is still open and has to be ended.
    Lost {
        loss: Loss,
        roll_back: bool,
    },
}

/// After COMMIT, whose extended result code is `code` (`None`: it said it succeeded).
pub(super) fn after_commit(code: Option<i32>, autocommit: bool) -> AfterCommit {
    let loss = match code {
        None if autocommit => return AfterCommit::Committed,
        // It said yes and is not over: no state we know.
        None => Loss::Fatal,
        Some(code) => match Trouble::of_code(code) {
            Some(Trouble::Full) => Loss::Full,
            Some(Trouble::Io | Trouble::Sync) => Loss::Fatal,
            Some(Trouble::Corrupt) => Loss::Corrupt,
            Some(Trouble::Busy | Trouble::NoMemory) | None => Loss::Retry,
        },
    };
    AfterCommit::Lost { loss, roll_back: !autocommit }
}

/// After a checkpoint that failed with `trouble`: nothing acknowledged is lost, but what follows?
pub(super) fn after_checkpoint(trouble: Option<Trouble>) -> Loss {
    match trouble {
        Some(Trouble::Io | Trouble::Sync) => Loss::Fatal,
        Some(Trouble::Full) => Loss::Full,
        Some(Trouble::Corrupt) => Loss::Corrupt,
        Some(Trouble::Busy | Trouble::NoMemory) | None => Loss::Retry,
    }
}

/// Which checkpoint is due, from the log's frames in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checkpoint {
    None,
    Passive,
    Truncate,
}

/// From so many bytes not yet copied to the file on, copy without waiting for anybody.
pub(super) const PASSIVE_BYTES: u64 = 4 << 20;
/// From a log of so many bytes on, also start it anew.
pub(super) const TRUNCATE_BYTES: u64 = 64 << 20;

/// Between batches. `log` and `pending` are the log's bytes and those of them not yet in the file;
/// the `_left` are what the last attempt could not clear: where a held reader stands in the way,
/// the next attempt waits until as much again has gathered, so that it does not cost every batch.
pub(super) fn checkpoint_due(log: u64, pending: u64, log_left: u64, pending_left: u64) -> Checkpoint {
    if log >= TRUNCATE_BYTES.max(log_left.saturating_add(PASSIVE_BYTES)) {
        Checkpoint::Truncate
    } else if pending >= pending_left.saturating_add(PASSIVE_BYTES) {
        Checkpoint::Passive
    } else {
        Checkpoint::None
    }
}
