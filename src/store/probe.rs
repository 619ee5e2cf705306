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
    let mut pages = conn.prepare("PRAGMA integrity_check(100)")?;
    let told = pages.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut wrong: Vec<String> = told.into_iter().filter(|line| line != "ok").collect();
    let mut orphans = conn.prepare("PRAGMA foreign_key_check")?;
    let orphan = |row: &rusqlite::Row<'_>| {
        let (table, id, parent): (String, Option<i64>, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(format!("{table} {}: points at no row of {parent}", id.unwrap_or_default()))
    };
    wrong.extend(orphans.query_map([], orphan)?.collect::<rusqlite::Result<Vec<_>>>()?);
    Ok(wrong)
}
