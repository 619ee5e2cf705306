//! A statement by name: the unit of preparing, of explaining and of timing.

/// One SQL statement of a domain. Declared as a constant and listed in that domain's `ALL`.
#[derive(Debug, PartialEq, Eq)]
pub struct Statement {
    /// `domain.verb_noun`, unique in the program.
    pub name: &'static str,
    pub sql: &'static str,
    /// Why this statement may scan or sort a table that grows with orders; `None` where it may not.
    pub scans: Option<&'static str>,
}

impl Statement {
    pub const fn new(name: &'static str, sql: &'static str) -> Self {
        Self { name, sql, scans: None }
    }

    /// Declares that a scan or a sort is meant, and why it stays cheap.
    #[must_use]
    pub const fn scanning(self, reason: &'static str) -> Self {
        Self { scans: Some(reason), ..self }
    }
}

/// A row handed to a mapper.
pub type Row<'a> = rusqlite::Row<'a>;
