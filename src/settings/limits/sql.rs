//! The statements of the limits.

use super::model::Most;
use crate::store::{Row, Statement};

pub static LIMITS: Statement = Statement::new("approval_limits.list", "select name, most from approval_limits")
    .scanning("a row for each limit a house has set: a dozen at most");

pub static SET: Statement = Statement::new(
    "approval_limits.set",
    "insert into approval_limits (name, most) values (?1, ?2) on conflict (name) do update set most = excluded.most",
);

pub static ALL: &[&Statement] = &[&LIMITS, &SET];

pub fn limit(row: &Row<'_>) -> rusqlite::Result<(String, Most)> {
    Ok((row.get(0)?, row.get(1)?))
}
