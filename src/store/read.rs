//! Reading: the same calls on a [`Snapshot`] and inside a write.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use rusqlite::{Connection, Params, StatementStatus};

use super::outcome::Trouble;
use super::shared::Shared;
use super::statement::{Row, Statement};
use crate::cache::Tag;
use crate::error::{Fault, Result};
use crate::timing::{self, Class, Registry, Steps};

pub(super) mod sealed {
    use std::cell::RefCell;

    use super::{Registry, Statement};
    use crate::store::memo::Memo;

    /// Keeps prepared statements inside the store: only it can name this trait.
    pub trait Source {
        /// Runs `f` on the statement, prepared.
        fn with<T>(
            &self,
            statement: &Statement,
            f: impl FnOnce(&mut rusqlite::Statement<'_>) -> rusqlite::Result<T>,
        ) -> rusqlite::Result<T>;
        /// Told of every error of a statement.
        fn note(&self, error: &rusqlite::Error);
        /// Where runs are measured; none for a command's own connection.
        fn timing(&self) -> Option<&Registry>;
        /// What goes wrong on purpose; nothing for a command's own connection.
        #[cfg(debug_assertions)]
        fn faults(&self) -> Option<&crate::store::Faults> {
            None
        }
        /// What the writer remembers; readers remember nothing.
        fn memo(&self) -> Option<&RefCell<Memo>> {
            None
        }
    }
}

/// What can be asked of a snapshot and, with its own writes visible, of a transaction.
///
/// Mappers return owned values. Every call fails with a [`Fault`] naming the statement.
pub trait Read: sealed::Source {
    /// The one row there is. None or several are a fault.
    fn one<T>(
        &self,
        statement: &Statement,
        params: impl Params,
        map: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, Fault> {
        through(self, statement, |prepared, count| {
            let mut rows = prepared.query(params)?;
            let value = match rows.next()? {
                Some(row) => map(row)?,
                None => return Err(rusqlite::Error::QueryReturnedNoRows),
            };
            *count = 1;
            match rows.next()? {
                None => Ok(value),
                Some(_) => Err(rusqlite::Error::QueryReturnedMoreThanOneRow),
            }
        })
    }

    /// The first row, where there is one.
    fn opt<T>(
        &self,
        statement: &Statement,
        params: impl Params,
        map: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Fault> {
        through(self, statement, |prepared, count| {
            let mut rows = prepared.query(params)?;
            let row = rows.next()?;
            *count = u64::from(row.is_some());
            row.map(map).transpose()
        })
    }

    /// All rows, in the statement's order.
    fn all<T>(
        &self,
        statement: &Statement,
        params: impl Params,
        mut map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Fault> {
        let mut items = Vec::new();
        self.each(statement, params, |row| {
            items.push(map(row)?);
            Ok(())
        })?;
        Ok(items)
    }

    /// Hands over row after row without keeping any.
    fn each(
        &self,
        statement: &Statement,
        params: impl Params,
        mut f: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), Fault> {
        through(self, statement, |prepared, count| {
            let mut rows = prepared.query(params)?;
            while let Some(row) = rows.next()? {
                *count += 1;
                f(row)?;
            }
            Ok(())
        })
    }

    /// What `load` reads by `statement` for `id`, remembered on the writer until a job touches `tag`.
    /// Only for rows whose every change touches that tag.
    fn remembered<T: PartialEq + std::fmt::Debug + 'static>(
        &self,
        tag: Tag,
        statement: &Statement,
        id: i64,
        load: impl Fn(&Self) -> Result<T>,
    ) -> Result<Rc<T>> {
        let Some(memo) = self.memo() else { return load(self).map(Rc::new) };
        let key = (statement.number(), id);
        // In a statement of its own: reading again borrows the memo too.
        let kept = memo.borrow().get::<T>(tag, key);
        if let Some(kept) = kept {
            #[cfg(debug_assertions)]
            assert_eq!(
                *kept,
                load(self)?,
                "{} of {id}, remembered under {tag:?} and changed without a touch",
                statement.name
            );
            return Ok(kept);
        }
        let value = Rc::new(load(self)?);
        memo.borrow_mut().keep(tag, key, &value);
        Ok(value)
    }
}

/// The one place every statement of the program passes through, and where it is measured. `f` also
/// counts the rows it reads or changes.
pub(super) fn through<S: sealed::Source + ?Sized, T>(
    source: &S,
    statement: &Statement,
    f: impl FnOnce(&mut rusqlite::Statement<'_>, &mut u64) -> rusqlite::Result<T>,
) -> Result<T, Fault> {
    let mut rows = 0;
    let result = match source.timing() {
        None => source.with(statement, |prepared| f(prepared, &mut rows)),
        Some(timing) => {
            let mut steps = Steps::default();
            let began = Instant::now();
            let result = source.with(statement, |prepared| {
                #[cfg(debug_assertions)]
                if let Some(faults) = source.faults() {
                    faults.delay(statement);
                }
                let result = f(prepared, &mut rows);
                steps = take_steps(prepared);
                result
            });
            book(timing, statement, timing::nanos(began.elapsed()), rows, steps);
            if let Err(error) = &result {
                book_error(timing, statement, error);
            }
            result
        }
    };
    result.map_err(|error| {
        source.note(&error);
        failed(statement, error)
    })
}

/// One piece of code for all statements: where each had a copy of its own, the next one's was never near.
#[inline(never)]
fn book(timing: &Registry, statement: &Statement, ns: u64, rows: u64, steps: Steps) {
    let number = statement.number();
    let noted = timing::note_statement(number, ns, rows, steps.vm);
    if let Some(meter) = timing.statement(number) {
        meter.record_run(ns, steps);
        if !noted {
            meter.record_work(rows, steps.vm);
        }
    }
}

#[cold]
fn book_error(timing: &Registry, statement: &Statement, error: &rusqlite::Error) {
    if let Some(meter) = timing.statement(statement.number()) {
        meter.runs.error(class_of(error));
    }
}

#[cold]
fn failed(statement: &Statement, error: rusqlite::Error) -> Fault {
    Fault::from_source(format!("statement {}", statement.name), error)
}

/// What SQLite counted since the last time, which leaves its counters at zero for the next run.
fn take_steps(prepared: &rusqlite::Statement<'_>) -> Steps {
    // A run of more than two thousand million steps wraps round; it has been noticed otherwise.
    let take = |status| u64::try_from(prepared.reset_status(status)).unwrap_or(0);
    Steps {
        full_scan: take(StatementStatus::FullscanStep),
        sorts: take(StatementStatus::Sort),
        auto_index: take(StatementStatus::AutoIndex),
        vm: take(StatementStatus::VmStep),
    }
}

/// For the figures of whoever met it.
#[cold]
pub(super) fn class_of(error: &rusqlite::Error) -> Class {
    match Trouble::of(error) {
        Some(Trouble::Busy) => Class::Busy,
        Some(Trouble::Full | Trouble::Io | Trouble::Sync | Trouble::Corrupt) => Class::Disk,
        Some(Trouble::NoMemory) => Class::Fault,
        None if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => Class::Refused,
        None => Class::Fault,
    }
}

type Pooled = r2d2::PooledConnection<r2d2_sqlite::SqliteConnectionManager>;

pub(super) enum Reader {
    Pooled(Pooled),
    Alone(Connection),
}

/// A reader inside one deferred read transaction: everything it reads is of one moment,
/// that of its first statement. Never keep one while waiting for a client.
pub struct Snapshot {
    reader: Reader,
    shared: Option<Arc<Shared>>,
}

impl Snapshot {
    pub(super) fn begin(reader: Reader, shared: Option<Arc<Shared>>) -> Result<Self, Fault> {
        let snapshot = Self { reader, shared };
        let conn = snapshot.conn();
        // A connection whose last roll-back failed comes back inside its old transaction.
        if !conn.is_autocommit() {
            run(conn, "ROLLBACK").map_err(|e| Fault::from_source("ending a reader's old transaction", e))?;
        }
        run(conn, "BEGIN").map_err(|e| Fault::from_source("beginning a snapshot", e))?;
        Ok(snapshot)
    }
}

impl Snapshot {
    pub(super) fn conn(&self) -> &Connection {
        match &self.reader {
            Reader::Pooled(conn) => conn,
            Reader::Alone(conn) => conn,
        }
    }
}

impl sealed::Source for Snapshot {
    fn with<T>(
        &self,
        statement: &Statement,
        f: impl FnOnce(&mut rusqlite::Statement<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        f(&mut *self.conn().prepare_cached(statement.sql)?)
    }

    fn note(&self, error: &rusqlite::Error) {
        if let (Some(Trouble::Corrupt), Some(shared)) = (Trouble::of(error), &self.shared) {
            shared.now_corrupt(&error.to_string());
        }
    }

    fn timing(&self) -> Option<&Registry> {
        self.shared.as_deref().map(|shared| &*shared.timing)
    }

    #[cfg(debug_assertions)]
    fn faults(&self) -> Option<&crate::store::Faults> {
        self.shared.as_deref().map(|shared| &shared.faults)
    }
}

impl Read for Snapshot {}

impl Drop for Snapshot {
    fn drop(&mut self) {
        let conn = self.conn();
        if !conn.is_autocommit()
            && let Err(error) = run(conn, "ROLLBACK")
        {
            log::warn!("a snapshot did not end: {error}");
        }
    }
}

/// Runs a transaction word that is prepared once.
pub(super) fn run(conn: &Connection, sql: &str) -> rusqlite::Result<()> {
    conn.prepare_cached(sql)?.raw_execute().map(drop)
}
