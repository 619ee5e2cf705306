//! Files beside the restaurant's own, whose loss costs no money: a second SQLite file for figures, and
//! a note of the last backup.
//!
//! A [`Side`] has one connection and is used by one thread, at its own pace. It is not the restaurant's
//! file in any of this: no lock, no steps (a file of another version is set aside and a new one begun),
//! no sync of every commit. After a kill it is whole; after a power cut it may lack its last minutes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Params};

use super::open::{APPLICATION_ID, beside};
use super::outcome::Trouble;
use super::read::{Read, run, sealed, through};
use super::statement::Statement;
use crate::error::{Fault, Result};
use crate::timing::Registry;

/// How a [`Side`] is opened.
#[derive(Debug, Clone)]
pub struct Config {
    pub path: PathBuf,
    /// All of it, for a new file.
    pub schema: &'static str,
    /// A file of another one is set aside.
    pub version: i64,
    /// Pages of 4 KiB the file may have; a write that needs more fails as on a full disk.
    pub pages_max: u32,
}

/// The open file.
pub struct Side {
    conn: Connection,
    path: PathBuf,
}

impl Side {
    /// Opens the file, or makes it. What is there and is damaged, of another version or another
    /// program's is set aside under its name with `.aside` after it, in place of what was set aside before.
    ///
    /// # Errors
    /// Where the disk is full, read-only or fails. Try again later.
    pub fn open(config: &Config) -> Result<Self, Fault> {
        let failed = |e| Fault::from_source(format!("opening {}", config.path.display()), e);
        if let Some(why) = Self::misfit(config).map_err(failed)? {
            log::warn!("{} is {why}: it is set aside, and a new one begun", config.path.display());
            set_aside(&config.path).map_err(|e| Fault::from_source("setting a file aside", e))?;
        }
        Self::connect(config).map_err(failed)
    }

    /// Why the file that is there cannot be used, if so.
    fn misfit(config: &Config) -> rusqlite::Result<Option<&'static str>> {
        if !fs::metadata(&config.path).is_ok_and(|m| m.len() > 0) {
            return Ok(None);
        }
        let look = || -> rusqlite::Result<Option<&'static str>> {
            let conn = Connection::open_with_flags(&config.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
            conn.busy_timeout(Duration::from_secs(1))?;
            let number = |name: &str| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
            if number("application_id")? != APPLICATION_ID || number("user_version")? != config.version {
                return Ok(Some("of another version"));
            }
            let told: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
            Ok((told != "ok").then_some("damaged"))
        };
        match look() {
            Err(error) if Trouble::of(&error) == Some(Trouble::Corrupt) => Ok(Some("damaged")),
            result => result,
        }
    }

    fn connect(config: &Config) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(&config.path, flags)?;
        conn.busy_timeout(Duration::from_secs(1))?;
        conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        conn.pragma_update(None, "synchronous", "NORMAL")?;
        conn.pragma_update_and_check(None, "wal_autocheckpoint", 256, |_| Ok(()))?;
        conn.pragma_update_and_check(None, "journal_size_limit", 4 << 20, |_| Ok(()))?;
        conn.pragma_update_and_check(None, "max_page_count", config.pages_max, |_| Ok(()))?;
        conn.pragma_update(None, "temp_store", "MEMORY")?;
        conn.pragma_update(None, "trusted_schema", false)?;
        conn.pragma_update(None, "cell_size_check", true)?;
        conn.set_prepared_statement_cache_capacity(32);
        let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version != config.version {
            run(&conn, "BEGIN IMMEDIATE")?;
            let made = conn
                .execute_batch(config.schema)
                .and_then(|()| conn.pragma_update(None, "application_id", APPLICATION_ID))
                .and_then(|()| conn.pragma_update(None, "user_version", config.version))
                .and_then(|()| run(&conn, "COMMIT"));
            if made.is_err() && !conn.is_autocommit() {
                run(&conn, "ROLLBACK")?;
            }
            made?;
        }
        Ok(Self { conn, path: config.path.clone() })
    }

    /// Whether the file of that name is still the one that is open: somebody may have deleted it.
    pub fn is_there(&self) -> bool {
        self.path.exists()
    }

    /// Runs `f` in one transaction; all of it or nothing is kept.
    pub fn write<T>(&self, f: impl FnOnce(&SideTx<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        let failed = |e: rusqlite::Error| Fault::from_source(format!("writing {}", self.path.display()), e);
        run(&self.conn, "BEGIN IMMEDIATE").map_err(failed)?;
        let result = f(&SideTx(self)).and_then(|value| {
            run(&self.conn, "COMMIT").map_err(failed)?;
            Ok(value)
        });
        if result.is_err() && !self.conn.is_autocommit() {
            run(&self.conn, "ROLLBACK").map_err(failed)?;
        }
        result
    }
}

impl sealed::Source for Side {
    fn with<T>(
        &self,
        statement: &Statement,
        f: impl FnOnce(&mut rusqlite::Statement<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        f(&mut *self.conn.prepare_cached(statement.sql)?)
    }

    fn note(&self, _: &rusqlite::Error) {}

    fn timing(&self) -> Option<&Registry> {
        None
    }
}

impl Read for Side {}

/// A transaction of a [`Side`].
pub struct SideTx<'a>(&'a Side);

impl SideTx<'_> {
    /// Runs a statement that changes rows; answers how many.
    pub fn run(&self, statement: &Statement, params: impl Params) -> Result<usize, Fault> {
        through(self.0, statement, |prepared, _| prepared.execute(params))
    }
}

fn set_aside(path: &Path) -> std::io::Result<()> {
    fs::rename(path, beside(path, ".aside"))?;
    for suffix in ["-wal", "-shm"] {
        match fs::remove_file(beside(path, suffix)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Where the figures of the restaurant's file `db` are kept: `trattoria.db` has `trattoria.stats.db`.
pub fn stats_path(db: &Path) -> PathBuf {
    db.with_extension("stats.db")
}

/// What is known of the backups of a file, noted beside it by whoever made the last one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BackupNote {
    /// As of when the last good one holds everything, in ms of UTC.
    pub at_ms: Option<i64>,
    /// Where it was put.
    pub to: Option<PathBuf>,
    /// It lies on the same disk as the file.
    pub same_disk: bool,
    /// When one failed since then, in ms of UTC, and why.
    pub failed: Option<(i64, String)>,
}

const NOTE: &str = ".backup-at";

/// Notes it of `db`: the time on the first line, and of the rest a word and a value on each.
///
/// # Errors
/// Where its folder cannot be written to.
pub fn note_backup(db: &Path, note: &BackupNote) -> std::io::Result<()> {
    let mut text = note.at_ms.map(|at| at.to_string()).unwrap_or_default();
    // A name of another form than text is as good as none here.
    let one_line = |text: &str| text.replace(['\n', '\r'], " ");
    if let Some(to) = &note.to {
        text += &format!("\nto {}", one_line(&to.to_string_lossy()));
    }
    if note.same_disk {
        text += "\nsame_disk";
    }
    if let Some((at_ms, why)) = &note.failed {
        text += &format!("\nfailed {at_ms} {}", one_line(why));
    }
    let made = beside(db, ".backup-at.new");
    fs::write(&made, text)?;
    fs::rename(made, beside(db, NOTE))
}

/// What anybody noted of backups of `db`; `None` where nobody did.
pub fn last_backup(db: &Path) -> Option<BackupNote> {
    let text = fs::read_to_string(beside(db, NOTE)).ok()?;
    let mut lines = text.lines();
    let mut note = BackupNote { at_ms: lines.next().and_then(|at| at.trim().parse().ok()), ..BackupNote::default() };
    for line in lines {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("to", path) => note.to = Some(PathBuf::from(path)),
            ("same_disk", _) => note.same_disk = true,
            ("failed", rest) => {
                note.failed = rest.split_once(' ').and_then(|(at, why)| Some((at.parse().ok()?, why.to_owned())));
            }
            _ => {}
        }
    }
    Some(note)
}

/// What helps where `db` is damaged, to be typed as it stands: the last backup that was noted, or BACKUP in
/// its place.
pub fn restore_command(db: &Path) -> String {
    let backup = last_backup(db).and_then(|note| note.to).map_or("BACKUP".to_owned(), |to| typed(&to));
    format!("comanda restore {backup} --db {}", typed(db))
}

/// A path as a shell takes it.
fn typed(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = text.chars().all(|c| c.is_alphanumeric() || "/._-+,:@".contains(c));
    if is_plain { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_of_a_backup_is_read_again() {
        let folder = std::env::temp_dir().join(format!("comanda-note-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let db = folder.join("gina.db");
        assert_eq!(last_backup(&db), None);
        assert_eq!(restore_command(Path::new("/var/gina.db")), "comanda restore BACKUP --db /var/gina.db");
        let good = BackupNote { at_ms: Some(7), to: Some("/mnt/a b.db".into()), same_disk: true, failed: None };
        let failed = BackupNote { failed: Some((9, "no room\nat all".to_owned())), ..good.clone() };
        for note in [BackupNote::default(), good.clone(), BackupNote { same_disk: false, ..good }] {
            note_backup(&db, &note).unwrap();
            assert_eq!(last_backup(&db), Some(note));
        }
        assert!(restore_command(&db).starts_with("comanda restore '/mnt/a b.db' --db /"));
        note_backup(&db, &failed).unwrap();
        assert_eq!(last_backup(&db).unwrap().failed, Some((9, "no room at all".to_owned())));
        // As it was written before there was more to say.
        fs::write(beside(&db, NOTE), "1795194000000").unwrap();
        assert_eq!(last_backup(&db).unwrap(), BackupNote { at_ms: Some(1_795_194_000_000), ..BackupNote::default() });
        fs::remove_dir_all(&folder).unwrap();
    }
}
