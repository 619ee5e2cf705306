//! Writing: what a job may do inside its savepoint.

use std::cell::{Cell, RefCell};

use rusqlite::Params;

use super::memo::Memo;
use super::outcome::Trouble;
use super::prepared::Statements;
use super::read::{Read, sealed::Source, through};
use super::statement::Statement;
use super::writer::ROLLBACK_TO;
use crate::cache::Tag;
use crate::error::{Fault, Result};
use crate::timing::Registry;

pub(super) type Keep = Box<dyn FnOnce(&Tx<'_>) -> Result<()>>;

/// The right to write, for one job. Only the store makes one.
///
/// It never begins or commits: the job's savepoint is released when the job answers `Ok`, rolled
/// back when it answers `Err`, and everything it did waits for the batch's commit.
pub struct Tx<'a> {
    db: &'a dyn Statements,
    memo: &'a RefCell<Memo>,
    tags: RefCell<Vec<Tag>>,
    keeps: RefCell<Vec<Keep>>,
    undone: Cell<bool>,
    trouble: RefCell<Option<(Trouble, String)>>,
}

impl<'a> Tx<'a> {
    pub(super) fn new(db: &'a dyn Statements, memo: &'a RefCell<Memo>) -> Self {
        Self {
            db,
            memo,
            tags: RefCell::default(),
            keeps: RefCell::default(),
            undone: Cell::default(),
            trouble: RefCell::default(),
        }
    }

    /// Runs an insert, update or delete; the number of rows it changed.
    pub fn run(&self, statement: &Statement, params: impl Params) -> Result<usize, Fault> {
        through(self, statement, |prepared, count| {
            let changed = prepared.execute(params)?;
            *count = changed as u64;
            Ok(changed)
        })
    }

    /// Inserts exactly one row; its rowid. An `ON CONFLICT DO NOTHING` belongs to [`Tx::run`].
    pub fn insert(&self, statement: &Statement, params: impl Params) -> Result<i64, Fault> {
        match self.run(statement, params)? {
            1 => Ok(self.db.last_insert_rowid()),
            n => Err(Fault::new(format!("statement {}: inserted {n} rows, not one", statement.name))),
        }
    }

    /// Says that this write changed what carries `tag`; it goes from the cache after the commit.
    pub fn touch(&self, tag: Tag) {
        self.memo.borrow_mut().touch(tag);
        let mut tags = self.tags.borrow_mut();
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }

    /// Keeps something though the job is refused: a failed PIN's counter, an audit record.
    ///
    /// `keep` runs only when the job answers with a refusal, after its roll-back and in a savepoint
    /// of its own. Where it fails, its error is the job's answer and nothing of it stays.
    pub fn if_refused(&self, keep: impl FnOnce(&Tx<'_>) -> Result<()> + 'static) {
        self.keeps.borrow_mut().push(Box::new(keep));
    }

    /// Takes back all that the job wrote so far: what it reads from then on is what stands. For a refusal that shows
    /// how things are; a job that answers with anything else after it has failed.
    pub fn undo(&self) -> Result<(), Fault> {
        self.undone.set(true);
        self.run(&ROLLBACK_TO, ())?;
        self.memo.borrow_mut().job_ended(false);
        Ok(())
    }

    pub(super) fn is_undone(&self) -> bool {
        self.undone.get()
    }

    /// The gravest trouble its statements met, and SQLite's words for it.
    pub(super) fn into_parts(self) -> (Vec<Tag>, Vec<Keep>, Option<(Trouble, String)>) {
        (self.tags.into_inner(), self.keeps.into_inner(), self.trouble.into_inner())
    }
}

impl Source for Tx<'_> {
    fn with<T>(
        &self,
        statement: &Statement,
        f: impl FnOnce(&mut rusqlite::Statement<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let (mut f, mut value) = (Some(f), None);
        self.db.with(statement, &mut |prepared| {
            value = f.take().map(|f| f(prepared)).transpose()?;
            Ok(())
        })?;
        value.ok_or(rusqlite::Error::InvalidQuery)
    }

    fn memo(&self) -> Option<&RefCell<Memo>> {
        Some(self.memo)
    }

    fn note(&self, error: &rusqlite::Error) {
        let Some(trouble) = Trouble::of(error) else { return };
        let mut known = self.trouble.borrow_mut();
        if known.as_ref().is_none_or(|(known, _)| *known < trouble) {
            *known = Some((trouble, error.to_string()));
        }
    }

    fn timing(&self) -> Option<&Registry> {
        Some(self.db.timing())
    }
}

impl Read for Tx<'_> {}
