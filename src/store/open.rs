//! Opening the file: who holds it, what it is, and how every connection is set.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::Config;
use super::migrate::{self, Identity, Step};
use super::outcome::Trouble;
use super::reserve::{Reserve, is_no_room};
use super::side::restore_command;
use super::statement::Statement;
use super::writer::checkpoint;

/// "COMA", in every file of ours.
pub(super) const APPLICATION_ID: i64 = 0x434F_4D41;

/// A log that was larger is cut back to this when it begins anew.
const LOG_BYTES_KEPT: i64 = 16 << 20;

/// Why the file was not opened. Each says what to do.
#[derive(Debug)]
pub enum OpenError {
    /// Another process writes to it.
    InUse {
        path: PathBuf,
        pid: Option<u32>,
    },
    Missing {
        path: PathBuf,
    },
    /// Made by a newer program than this.
    Newer {
        path: PathBuf,
        file: i64,
        program: u32,
    },
    /// A reader found a file that a newer server must first bring up to date.
    Older {
        path: PathBuf,
        file: u32,
        program: u32,
    },
    OtherProgram {
        path: PathBuf,
        application_id: i64,
    },
    /// No database, or its first page is damaged.
    NotADatabase {
        path: PathBuf,
    },
    Damaged {
        path: PathBuf,
        what: String,
    },
    SqliteVersion {
        found: &'static str,
    },
    /// The file system does not carry a write-ahead log.
    NoWal {
        path: PathBuf,
        mode: String,
    },
    /// Another program's snapshot kept the log from being emptied.
    HeldOpen {
        path: PathBuf,
    },
    Backup {
        path: PathBuf,
        what: String,
    },
    /// A backup that is not to be relied on.
    BadBackup {
        path: PathBuf,
        what: String,
    },
    /// A backup that did not fit beside the file.
    Copy {
        path: PathBuf,
        what: String,
    },
    Step {
        path: PathBuf,
        number: u32,
        name: &'static str,
        source: rusqlite::Error,
    },
    StepBroken {
        path: PathBuf,
        number: u32,
        name: &'static str,
        what: String,
    },
    Statement {
        name: &'static str,
        source: rusqlite::Error,
    },
    Setting {
        name: &'static str,
        found: String,
    },
    Io {
        path: PathBuf,
        doing: &'static str,
        source: std::io::Error,
    },
    Sqlite {
        path: PathBuf,
        doing: &'static str,
        source: rusqlite::Error,
    },
}

impl OpenError {
    pub(super) fn sqlite(path: &Path, doing: &'static str, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => OpenError::NotADatabase { path },
            _ if Trouble::of(&source) == Some(Trouble::Corrupt) => {
                OpenError::Damaged { path, what: source.to_string() }
            }
            _ => OpenError::Sqlite { path, doing, source },
        }
    }

    /// Whether room on the disk may help.
    fn is_no_room(&self) -> bool {
        match self {
            // The log's index is a file that has to grow, and every file beside the first has to be made.
            Self::Sqlite { source, .. } | Self::Step { source, .. } => {
                Trouble::of(source) == Some(Trouble::Full)
                    || source.sqlite_extended_error_code() == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
                    || source.sqlite_error_code() == Some(rusqlite::ErrorCode::CannotOpen)
            }
            Self::Io { source, .. } => is_no_room(source),
            _ => false,
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse { path, pid } => {
                write!(f, "{} is in use", path.display())?;
                if let Some(pid) = pid {
                    write!(f, " by process {pid}")?;
                }
                write!(f, ". Stop the server that runs on it first.")
            }
            Self::Missing { path } => {
                write!(f, "There is no file {}. Make one with comanda init, or name another.", path.display())
            }
            Self::Newer { path, file, program } => write!(
                f,
                "{} is at schema step {file} and this program knows {program}. Run the newer comanda that made it, or \
                 restore a backup taken before.",
                path.display()
            ),
            Self::Older { path, file, program } => write!(
                f,
                "{} is at schema step {file} and this program reads {program}. Start the server once to bring it up.",
                path.display()
            ),
            Self::OtherProgram { path, application_id } => write!(
                f,
                "{} belongs to another program (application id {application_id:#x}). It is left alone; name another file.",
                path.display()
            ),
            Self::NotADatabase { path } => write!(
                f,
                "{} is not a comanda file, or its beginning is damaged. If it is yours: {}",
                path.display(),
                restore_command(path)
            ),
            Self::Damaged { path, what } => {
                write!(f, "{} is damaged ({what}). Restore the last backup: {}", path.display(), restore_command(path))
            }
            Self::SqliteVersion { found } => write!(
                f,
                "This program was built with SQLite {found}, which can lose a commit. Build it with 3.51.3 or later, \
                 but not 3.52.0."
            ),
            Self::NoWal { path, mode } => write!(
                f,
                "{} cannot keep a write-ahead log (journal mode {mode}). Put it on a local disk.",
                path.display()
            ),
            Self::HeldOpen { path } => write!(
                f,
                "Another program holds {} open. End it (a backup, an export, a shell) and start again.",
                path.display()
            ),
            Self::Backup { path, what } => write!(
                f,
                "The file could not be copied to {} before its schema changes: {what}. Nothing was changed; make room \
                 and start again.",
                path.display()
            ),
            Self::BadBackup { path, what } => {
                write!(f, "{} is no backup to rely on: {what}. Nothing was changed; take an older one.", path.display())
            }
            Self::Copy { path, what } => write!(
                f,
                "The backup could not be copied to {}: {what}. Nothing was changed; make room and try again.",
                path.display()
            ),
            Self::Step { path, number, name, source } => write!(
                f,
                "Schema step {number} ({name}) failed on {} and was rolled back: {source}. Run the comanda used until \
                 now and report this.",
                path.display()
            ),
            Self::StepBroken { path, number, name, what } => write!(
                f,
                "Schema step {number} ({name}) was rolled back on {}: {what}. Run the comanda used until now and \
                 report this.",
                path.display()
            ),
            Self::Statement { name, source } => {
                write!(f, "The statement {name} does not fit the schema: {source}. This build is broken; report it.")
            }
            Self::Setting { name, found } => {
                write!(f, "SQLite did not take the setting {name} (it says {found}). This build is broken; report it.")
            }
            Self::Io { path, doing, source } => {
                write!(f, "{doing} {}: {source}. See that the folder exists and may be written to.", path.display())
            }
            Self::Sqlite { path, doing, source } => {
                write!(f, "{doing} {}: {source}. See that the disk has room and may be written to.", path.display())
            }
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Step { source, .. } | Self::Statement { source, .. } | Self::Sqlite { source, .. } => Some(source),
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// The path with something after its name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The file's one name, so that two ways to write it meet at one lock.
pub(super) fn one_name(path: &Path) -> std::io::Result<PathBuf> {
    if let Ok(whole) = fs::canonicalize(path) {
        return Ok(whole);
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().ok_or_else(|| std::io::Error::other("this names a folder"))?;
    Ok(fs::canonicalize(folder)?.join(name))
}

/// Takes `FILE.lock` for as long as the handle lives.
pub(super) fn lock(path: &Path) -> Result<File, OpenError> {
    let name = beside(path, ".lock");
    let failed = |source| OpenError::Io { path: name.clone(), doing: "locking", source };
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&name).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {
            // Only for the sentence the next one reads; the lock is what counts.
            let noted = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| {
                write!(file, "{}", std::process::id())?;
                file.flush()
            });
            if let Err(error) = noted {
                log::warn!("{} does not name its holder: {error}", name.display());
            }
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let pid = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
            Err(OpenError::InUse { path: path.to_owned(), pid })
        }
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// The file, ready to be written.
pub(super) struct Opened {
    pub(super) path: PathBuf,
    pub(super) conn: Connection,
    pub(super) lock: File,
    pub(super) reserve: Reserve,
    /// There is room for it: the disk is not full.
    pub(super) has_room: bool,
    /// There was something in the log: who wrote last was not stopped.
    pub(super) was_cut_short: bool,
}

pub(super) fn open(config: &Config, statements: &[&'static Statement], steps: &[Step]) -> Result<Opened, OpenError> {
    match open_with_room(config, statements, steps) {
        Err(error) if error.is_no_room() => {
            let reserve = one_name(&config.path).map(|path| Reserve::beside(&path, config.reserve_bytes));
            if !reserve.is_ok_and(|reserve| reserve.release()) {
                return Err(error);
            }
            log::warn!("there is no room to start: what was held for that is given up ({error})");
            open_with_room(config, statements, steps)
        }
        result => result,
    }
}

fn open_with_room(config: &Config, statements: &[&'static Statement], steps: &[Step]) -> Result<Opened, OpenError> {
    sqlite_version()?;
    let path = one_name(&config.path).map_err(|source| OpenError::Io {
        path: config.path.clone(),
        doing: "looking for",
        source,
    })?;
    if !config.create && !path.exists() {
        return Err(OpenError::Missing { path });
    }
    let lock = lock(&path)?;
    let was_cut_short = fs::metadata(beside(&path, "-wal")).is_ok_and(|log| log.len() > 0);
    let last = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    let identity = identify_untouched(&path, config, last)?;
    let sqlite = |e| OpenError::sqlite(&path, "opening", e);
    let conn =
        connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE, config).map_err(sqlite)?;
    let mode: String = conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).map_err(sqlite)?;
    if mode != "wal" {
        return Err(OpenError::NoWal { path, mode });
    }
    set(&conn, config, statements.len()).map_err(sqlite)?;
    // A crash may have left commits in the page cache that a failed sync never brought to the disk:
    // copying them into the file and syncing that makes them certain before anything builds on them.
    let (_, log, copied) =
        checkpoint(&conn, "TRUNCATE").map_err(|e| OpenError::sqlite(&path, "emptying the log of", e))?;
    if copied < log {
        return Err(OpenError::HeldOpen { path });
    }
    migrate::migrate(&conn, &path, identity, steps)?;
    check_settings(&conn, config, &path)?;
    for statement in statements {
        conn.prepare(statement.sql).map_err(|source| OpenError::Statement { name: statement.name, source })?;
    }
    let reserve = Reserve::beside(&path, config.reserve_bytes);
    let has_room = reserve.keep();
    Ok(Opened { path, conn, lock, reserve, has_room, was_cut_short })
}

/// Looks at what the file is without changing it, not even by emptying its log on the way out.
pub(super) fn identify_untouched(path: &Path, config: &Config, last: u32) -> Result<Identity, OpenError> {
    if fs::metadata(path).map_or(true, |m| m.len() == 0) {
        return Ok(Identity::New);
    }
    let sqlite = |e| OpenError::sqlite(path, "opening", e);
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, config).map_err(sqlite)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(sqlite)?;
    migrate::identify(&conn, path, last)
}

pub(super) fn sqlite_version() -> Result<(), OpenError> {
    if version_is_safe(rusqlite::version_number()) {
        Ok(())
    } else {
        Err(OpenError::SqliteVersion { found: rusqlite::version() })
    }
}

/// Versions before 3.51.3, and 3.52.0, can lose a commit when the log begins anew during a checkpoint.
pub(super) fn version_is_safe(version: i32) -> bool {
    version >= 3_051_003 && version != 3_052_000
}

pub(super) fn connect(path: &Path, access: OpenFlags, config: &Config) -> rusqlite::Result<Connection> {
    #[cfg(debug_assertions)]
    if let Some(name) = super::faults::trusting(path) {
        let conn =
            Connection::open_with_flags(name, access | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        conn.busy_timeout(config.busy_timeout())?;
        return Ok(conn);
    }
    // No URI: a file's name is a name, whatever it contains.
    let conn = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(config.busy_timeout())?;
    Ok(conn)
}

/// What every connection is set to, after `busy_timeout` and the journal mode.
fn set(conn: &Connection, config: &Config, statements: usize) -> rusqlite::Result<()> {
    conn.pragma_update(None, "synchronous", if config.synchronous_full { "FULL" } else { "NORMAL" })?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.pragma_update(None, "cell_size_check", true)?;
    conn.pragma_update(None, "recursive_triggers", true)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    // These two answer with their new value.
    conn.pragma_update_and_check(None, "mmap_size", 0, |_| Ok(()))?;
    conn.pragma_update_and_check(None, "journal_size_limit", LOG_BYTES_KEPT, |_| Ok(()))?;
    conn.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // A plan does not depend on bound values, and no statement is prepared again for one.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.set_prepared_statement_cache_capacity(statements + 16);
    Ok(())
}

/// A pragma that is misspelt or not supported is silent, so the ones that matter are read back.
fn check_settings(conn: &Connection, config: &Config, path: &Path) -> Result<(), OpenError> {
    let synchronous = if config.synchronous_full { 2 } else { 1 };
    let expected =
        [("synchronous", synchronous), ("foreign_keys", 1), ("trusted_schema", 0), ("wal_autocheckpoint", 0)];
    for (name, wanted) in expected {
        let found: i64 = conn
            .pragma_query_value(None, name, |row| row.get(0))
            .map_err(|e| OpenError::sqlite(path, "reading the settings of", e))?;
        if found != wanted {
            return Err(OpenError::Setting { name, found: found.to_string() });
        }
    }
    Ok(())
}

/// A pool of connections that cannot write, each made as the writer's is.
pub(super) fn readers(
    path: &Path,
    config: &Config,
    statements: usize,
) -> Result<r2d2::Pool<SqliteConnectionManager>, OpenError> {
    let config_of_each = config.clone();
    let manager = SqliteConnectionManager::file(path)
        .with_flags(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .with_init(move |conn| {
            conn.busy_timeout(config_of_each.busy_timeout())?;
            set(conn, &config_of_each, statements)?;
            // Checkpoints are the writer's.
            conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            conn.pragma_update(None, "query_only", true)
        });
    r2d2::Pool::builder()
        .max_size(config.readers.max(1))
        .test_on_check_out(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connection_timeout(Duration::from_secs(5))
        .build(manager)
        .map_err(|e| OpenError::Io {
            path: path.to_owned(),
            doing: "opening readers of",
            source: std::io::Error::other(e),
        })
}

/// One connection that only reads, for a command beside a running server.
pub(super) fn reader_alone(path: &Path, steps: &[Step]) -> Result<Connection, OpenError> {
    let last = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    match reader_of_any(path, steps)? {
        (conn, version) if version == last => Ok(conn),
        (_, file) => Err(OpenError::Older { path: path.to_owned(), file, program: last }),
    }
}

/// The same of a file at any step this program knows, and which it is: its statements may not fit.
pub(super) fn reader_of_any(path: &Path, steps: &[Step]) -> Result<(Connection, u32), OpenError> {
    sqlite_version()?;
    if !path.exists() {
        return Err(OpenError::Missing { path: path.to_owned() });
    }
    let config = Config::new(path);
    let sqlite = |e| OpenError::sqlite(path, "opening", e);
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, &config).map_err(sqlite)?;
    set(&conn, &config, 64).map_err(sqlite)?;
    conn.pragma_update(None, "query_only", true).map_err(sqlite)?;
    let last = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    match migrate::identify(&conn, path, last)? {
        Identity::Ours(version) => Ok((conn, version)),
        Identity::New => Err(OpenError::Missing { path: path.to_owned() }),
    }
}
