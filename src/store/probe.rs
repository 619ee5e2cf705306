//! Whether there is room again, found out by trying.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use rusqlite::Connection;

use super::open::beside;
use super::read::run;

/// Less room than this is none: the next batch would meet the end again.
const ROOM_BYTES: usize = 256 << 10;
/// Pages the file must still be allowed to grow by, or have free inside.
const ROOM_PAGES: i64 = 16;

/// Writes and syncs a scratch file of [`ROOM_BYTES`] beside the database, looks at the file's own
/// limit, and commits something that changes nothing. An error is SQLite's own.
pub(super) fn room(conn: &Connection, path: &Path) -> rusqlite::Result<bool> {
    if !scratch_fits(path) {
        return Ok(false);
    }
    let pragma = |name: &str| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let free = pragma("max_page_count")? - pragma("page_count")? + pragma("freelist_count")?;
    if free < ROOM_PAGES {
        return Ok(false);
    }
    let version = pragma("user_version")?;
    run(conn, "BEGIN IMMEDIATE")?;
    let result = conn.pragma_update(None, "user_version", version).and_then(|()| run(conn, "COMMIT"));
    if !conn.is_autocommit() {
        run(conn, "ROLLBACK")?;
    }
    result.map(|()| true)
}

fn scratch_fits(path: &Path) -> bool {
    let scratch = beside(path, ".room");
    let written = File::create(&scratch).and_then(|mut file| {
        file.write_all(&[0u8; ROOM_BYTES])?;
        file.sync_all()
    });
    let removed = fs::remove_file(&scratch);
    if let Err(error) = written.and(removed) {
        log::warn!("no room yet: {error}");
        return false;
    }
    true
}

/// Every complaint of SQLite about the file, at most a hundred about its pages.
pub(super) fn integrity(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut wrong = pages(conn, "PRAGMA integrity_check(100)")?;
    wrong.extend(orphans(conn, "PRAGMA foreign_key_check")?);
    Ok(wrong)
}

/// What is wrong with the pages and rows of one table and with the pages of its indexes. Whether the indexes
/// lead to the rows is [`integrity_of`]'s to say, and takes longer.
pub(super) fn quick(conn: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    pages(conn, &format!("PRAGMA quick_check(\"{}\")", table.replace('"', "\"\"")))
}

/// The same of one table with its indexes: a reader's snapshot lasts as long as this, and not as long
/// as the file.
pub(super) fn integrity_of(conn: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let quoted = table.replace('"', "\"\"");
    let mut wrong = pages(conn, &format!("PRAGMA integrity_check(\"{quoted}\")"))?;
    wrong.extend(orphans(conn, &format!("PRAGMA foreign_key_check(\"{quoted}\")"))?);
    Ok(wrong)
}

fn pages(conn: &Connection, pragma: &str) -> rusqlite::Result<Vec<String>> {
    let mut pages = conn.prepare(pragma)?;
    let told = pages.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(told.into_iter().filter(|line| line != "ok").collect())
}

fn orphans(conn: &Connection, pragma: &str) -> rusqlite::Result<Vec<String>> {
    let mut orphans = conn.prepare(pragma)?;
    let mut columns = conn.prepare("SELECT \"from\" FROM pragma_foreign_key_list(?1) WHERE id = ?2 ORDER BY seq")?;
    let mut wrong = Vec::new();
    let mut rows = orphans.raw_query();
    while let Some(row) = rows.next()? {
        let (table, id, parent): (String, Option<i64>, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let column: String = columns.query_row((&table, row.get::<_, i64>(3)?), |row| row.get(0))?;
        let id = id.map_or_else(|| "a row".to_owned(), |id| id.to_string());
        wrong.push(format!("{table} {id}: {column} points at no row of {parent}"));
    }
    Ok(wrong)
}
