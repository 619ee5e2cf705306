//! The writer's connection with its statements, each prepared once and found by its number.

use std::cell::RefCell;

use rusqlite::{Connection, PrepFlags};

use super::statement::Statement;
use crate::timing::Registry;

/// What a job may do with the writer's connection. A trait, so that a job's right to write does not
/// carry the lifetime of every statement.
pub(super) trait Statements {
    fn with(&self, statement: &Statement, run: &mut Run<'_>) -> rusqlite::Result<()>;

    fn last_insert_rowid(&self) -> i64;

    fn timing(&self) -> &Registry;
}

pub(super) type Run<'r> = dyn FnMut(&mut rusqlite::Statement<'_>) -> rusqlite::Result<()> + 'r;

/// Readers of a pool keep theirs in the connection's own cache, by text. The writer runs some two
/// dozen statements a job, where looking them up by a hash of their text is felt.
pub(super) struct Prepared<'c> {
    pub(super) conn: &'c Connection,
    timing: &'c Registry,
    ready: RefCell<Vec<Option<rusqlite::Statement<'c>>>>,
}

impl<'c> Prepared<'c> {
    pub(super) fn new(conn: &'c Connection, timing: &'c Registry) -> Self {
        Self { conn, timing, ready: RefCell::default() }
    }
}

impl Statements for Prepared<'_> {
    /// Runs `run` on the statement, prepared now where it was not. One that runs inside another run of
    /// itself is prepared a second time.
    fn with(&self, statement: &Statement, run: &mut Run<'_>) -> rusqlite::Result<()> {
        let number = statement.number();
        let taken = self.ready.borrow_mut().get_mut(number).and_then(Option::take);
        let mut prepared = match taken {
            Some(prepared) => prepared,
            None => self.conn.prepare_with_flags(statement.sql, PrepFlags::SQLITE_PREPARE_PERSISTENT)?,
        };
        let result = run(&mut prepared);
        let mut ready = self.ready.borrow_mut();
        if ready.len() <= number {
            ready.resize_with(number + 1, || None);
        }
        ready[number] = Some(prepared);
        result
    }

    fn last_insert_rowid(&self) -> i64 {
        self.conn.last_insert_rowid()
    }

    fn timing(&self) -> &Registry {
        self.timing
    }
}
