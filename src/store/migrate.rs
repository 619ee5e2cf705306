//! Forward steps of the schema, each one transaction, after a copy of the file as it was.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::copy::{Pace, copy_whole};
use super::open::{APPLICATION_ID, OpenError, beside};
use super::read::run;

/// One step; its place in the list, counted from 1, is the `user_version` it leads to.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    pub name: &'static str,
    pub sql: &'static str,
}

/// Every step there is, oldest first. A released step never changes.
pub const STEPS: &[Step] = &[
    Step { name: "001_base", sql: include_str!("../../schema/001_base.sql") },
    Step { name: "002_items_edited", sql: include_str!("../../schema/002_items_edited.sql") },
    Step { name: "003_kept_answers", sql: include_str!("../../schema/003_kept_answers.sql") },
    Step { name: "004_corrections", sql: include_str!("../../schema/004_corrections.sql") },
    Step { name: "005_kitchen", sql: include_str!("../../schema/005_kitchen.sql") },
    Step { name: "006_approvals", sql: include_str!("../../schema/006_approvals.sql") },
    Step { name: "007_accounts", sql: include_str!("../../schema/007_accounts.sql") },
    Step { name: "008_drawers", sql: include_str!("../../schema/008_drawers.sql") },
    Step { name: "009_splits", sql: include_str!("../../schema/009_splits.sql") },
    Step { name: "010_papers", sql: include_str!("../../schema/010_papers.sql") },
    Step { name: "011_selling", sql: include_str!("../../schema/011_selling.sql") },
    Step { name: "012_floor", sql: include_str!("../../schema/012_floor.sql") },
    Step { name: "013_paid_back", sql: include_str!("../../schema/013_paid_back.sql") },
    Step { name: "014_clock", sql: include_str!("../../schema/014_clock.sql") },
    Step { name: "015_access", sql: include_str!("../../schema/015_access.sql") },
    Step { name: "016_hands", sql: include_str!("../../schema/016_hands.sql") },
    Step { name: "017_sold_service", sql: include_str!("../../schema/017_sold_service.sql") },
];

/// What the file says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// Nothing in it yet.
    New,
    /// Ours, at this version.
    Ours(u32),
}

/// Reads the file's identity; refuses another program's file and one from a newer program.
pub(super) fn identify(conn: &Connection, path: &Path, last: u32) -> Result<Identity, OpenError> {
    let number = |name: &str| {
        conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0))
            .map_err(|e| OpenError::sqlite(path, "reading what the file is", e))
    };
    let (application, version) = (number("application_id")?, number("user_version")?);
    let tables: i64 = conn
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(|e| OpenError::sqlite(path, "reading the file's tables", e))?;
    match (application, u32::try_from(version)) {
        (0, Ok(0)) if tables == 0 => Ok(Identity::New),
        (APPLICATION_ID, Ok(version)) if version <= last => Ok(Identity::Ours(version)),
        (APPLICATION_ID, _) => Err(OpenError::Newer { path: path.to_owned(), file: version, program: last }),
        _ => Err(OpenError::OtherProgram { path: path.to_owned(), application_id: application }),
    }
}

/// Brings the file to the last step. On an error the file is at the last step that succeeded.
pub(super) fn migrate(conn: &Connection, path: &Path, from: Identity, steps: &[Step]) -> Result<(), OpenError> {
    let (version, new) = match from {
        Identity::New => (0, true),
        Identity::Ours(version) => (version, false),
    };
    let mut pending = steps.iter().zip(1u32..).skip(version as usize).peekable();
    if pending.peek().is_none() {
        return Ok(());
    }
    if !new {
        let copy = backup_name(path, version + 1);
        log::info!("the file is at step {version}; it is copied to {} before it is changed", copy.display());
        copy_whole(conn, &copy, Pace::Full, &mut |_, _| true).map_err(|what| OpenError::Backup { path: copy, what })?;
    }
    // Inside a transaction this pragma does nothing, and a step that rebuilds a table needs it off;
    // the check before the commit stands in for it.
    foreign_keys(conn, path, false)?;
    let done = pending.try_for_each(|(step, number)| {
        let result = apply(conn, path, step, number);
        if !conn.is_autocommit() {
            run(conn, "ROLLBACK").map_err(|e| OpenError::sqlite(path, "rolling a step back", e))?;
        }
        result
    });
    foreign_keys(conn, path, true)?;
    done
}

fn foreign_keys(conn: &Connection, path: &Path, on: bool) -> Result<(), OpenError> {
    conn.pragma_update(None, "foreign_keys", on).map_err(|e| OpenError::sqlite(path, "setting foreign_keys", e))
}

fn apply(conn: &Connection, path: &Path, step: &Step, number: u32) -> Result<(), OpenError> {
    let failed = |source| OpenError::Step { path: path.to_owned(), number, name: step.name, source };
    let broken = |what: String| OpenError::StepBroken { path: path.to_owned(), number, name: step.name, what };
    run(conn, "BEGIN IMMEDIATE").map_err(failed)?;
    conn.execute_batch(step.sql).map_err(failed)?;
    if conn.is_autocommit() {
        return Err(broken("it ends its own transaction".to_owned()));
    }
    if let Some(row) = first_orphan(conn).map_err(failed)? {
        return Err(broken(row));
    }
    conn.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
    conn.pragma_update(None, "user_version", number).map_err(failed)?;
    run(conn, "COMMIT").map_err(failed)?;
    log::info!("step {} applied", step.name);
    Ok(())
}

fn first_orphan(conn: &Connection) -> rusqlite::Result<Option<String>> {
    let mut check = conn.prepare("PRAGMA foreign_key_check")?;
    let mut rows = check.query([])?;
    rows.next()?
        .map(|row| {
            let (table, rowid, parent): (String, Option<i64>, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(format!("row {} of {table} points at no row of {parent}", rowid.unwrap_or_default()))
        })
        .transpose()
}

/// Where the file is copied to before step `number` changes it.
pub(super) fn backup_name(path: &Path, number: u32) -> PathBuf {
    beside(path, &format!(".before-v{number}.bak"))
}
