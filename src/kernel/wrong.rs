//! What a check found: a row that says something else than what it was made from.

use std::fmt;

/// One value of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    pub table: &'static str,
    /// The row's key, as people look it up.
    pub id: String,
    pub column: &'static str,
    pub stored: String,
    pub recomputed: String,
}

impl Wrong {
    /// `None` where both are the same.
    pub fn unless_equal(
        table: &'static str,
        id: impl fmt::Display,
        column: &'static str,
        stored: i64,
        recomputed: i64,
    ) -> Option<Self> {
        (stored != recomputed).then(|| Self {
            table,
            id: id.to_string(),
            column,
            stored: stored.to_string(),
            recomputed: recomputed.to_string(),
        })
    }

    /// Where the two are no numbers.
    pub fn new(
        table: &'static str,
        id: impl fmt::Display,
        column: &'static str,
        stored: impl fmt::Display,
        recomputed: impl fmt::Display,
    ) -> Self {
        let (stored, recomputed) = (stored.to_string(), recomputed.to_string());
        Self { table, id: id.to_string(), column, stored, recomputed }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, id, column, stored, recomputed } = self;
        write!(f, "{table} {id}: {column} is {stored}, recomputed {recomputed}")
    }
}
