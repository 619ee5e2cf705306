//! A statement by name: the unit of preparing, of explaining and of timing.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::timing::Named;

/// One SQL statement of a domain. Declared as a static, so that there is one of it, and listed in that
/// domain's `ALL`.
#[derive(Debug)]
pub struct Statement {
    /// `domain.verb_noun`, unique in the program.
    pub name: &'static str,
    pub sql: &'static str,
    /// Why this statement may scan a table, or sort one that grows with orders; `None` where it may not.
    pub scans: Option<&'static str>,
    /// Why this statement may run many times inside one request; `None` where a few are meant.
    pub repeats: Option<&'static str>,
    number: AtomicU32,
}

impl Statement {
    pub const fn new(name: &'static str, sql: &'static str) -> Self {
        Self { name, sql, scans: None, repeats: None, number: AtomicU32::new(UNNUMBERED) }
    }

    /// Declares that a scan or a sort is meant, and why it stays cheap.
    #[must_use]
    pub const fn scanning(self, reason: &'static str) -> Self {
        Self { scans: Some(reason), ..self }
    }

    /// Declares that many runs inside one request are meant, and why no join takes their place.
    #[must_use]
    pub const fn repeating(self, reason: &'static str) -> Self {
        Self { repeats: Some(reason), ..self }
    }

    /// How the figures know it. What changes rows runs once for each of them: an order of forty lines
    /// inserts forty.
    pub(super) fn named(&self) -> Named {
        let changes = ["insert ", "update ", "delete "].iter().any(|verb| self.sql.trim_start().starts_with(verb));
        let repeats = changes || self.repeats.is_some();
        Named { number: self.number(), name: self.name, declared: self.scans, repeats }
    }

    /// Its place in tables of all statements: small, the same as long as the process lives, and nobody
    /// else's.
    pub(crate) fn number(&self) -> usize {
        match self.number.load(Ordering::Relaxed) {
            UNNUMBERED => self.take_number(),
            number => number as usize,
        }
    }

    #[cold]
    fn take_number(&self) -> usize {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let mine = NEXT.fetch_add(1, Ordering::Relaxed);
        // Another thread may have been quicker; a number is then left out.
        let taken = self.number.compare_exchange(UNNUMBERED, mine, Ordering::Relaxed, Ordering::Relaxed);
        taken.map_or_else(|theirs| theirs, |_| mine) as usize
    }
}

const UNNUMBERED: u32 = u32::MAX;

/// A row handed to a mapper.
pub type Row<'a> = rusqlite::Row<'a>;
