//! One backup, from a snapshot to its name.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::checksum;
use crate::error::{Fault, Result};
use crate::journal;
use crate::store::{self, Pace};

/// What a copy is called for until it has its name.
pub const DOING: &str = "copying";
/// The same of its checksum.
const SUMMING: &str = "sum";

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub path: PathBuf,
    pub bytes: u64,
    /// Records in its journal.
    pub records: i64,
    /// Hexadecimal digits.
    pub sha256: String,
    /// It lies on the disk of the file it is of.
    pub same_disk: bool,
}

/// Copies the restaurant's file `db` to `to`, proves the copy, and puts it and its checksum in their place; an
/// older one of that name goes. It is made beside `to`, under a name that comes of `family`: `to` itself, or
/// one name for all those that are made one after the other.
///
/// `progress` hears of pages done and in all, and ends it by saying false. Blocks for as long as it takes.
///
/// # Errors
/// Where it cannot be read or written, or the copy is not sound; nothing is at `to` then that was not there.
pub fn make(
    db: &Path,
    to: &Path,
    family: &Path,
    pace: Pace,
    progress: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<Made> {
    store::sweep(family, DOING);
    store::sweep(family, SUMMING);
    let copy = store::unfinished(family, DOING);
    let made = copied(db, to, &copy, pace, progress);
    if made.is_err() {
        // What is wrong with it is told already; it is nobody's backup.
        let _ = fs::remove_file(&copy);
    }
    made
}

fn copied(db: &Path, to: &Path, copy: &Path, pace: Pace, progress: &mut dyn FnMut(u64, u64) -> bool) -> Result<Made> {
    let failed = |error| Fault::from_source(format!("writing {}", to.display()), error);
    let source = store::open_read_only(db).map_err(|e| Fault::new(e.to_string()))?;
    source.copy_to(copy, pace, &mut *progress)?;
    drop(source);
    let records = proven(copy)?;
    let (bytes, same_disk) =
        fs::metadata(copy).map(|m| m.len()).and_then(|n| Ok((n, same_disk(db, to)?))).map_err(failed)?;
    let sha256 = checksum::of(copy).map_err(failed)?;
    put(copy, to, &checksum::line(&sha256, to)).map_err(failed)?;
    Ok(Made { path: to.to_owned(), bytes, records, sha256, same_disk })
}

/// Opens it as any reader would, and follows every page, index and reference, and the journal's chain.
/// Answers how many records that has.
fn proven(copy: &Path) -> Result<i64> {
    let wrong = |what: String| Fault::new(format!("the copy is not sound: {what}"));
    let db = store::open_read_only(copy).map_err(|e| wrong(e.to_string()))?;
    if let Some(first) = db.integrity()?.into_iter().next() {
        return Err(wrong(first).into());
    }
    Ok(journal::ops::verify(&db, |_| {})?.map_err(wrong)?)
}

/// Gives the copy its name, and its checksum one beside it. A new backup is never there without its
/// checksum, and an old one's never stands beside a new one.
fn put(copy: &Path, to: &Path, line: &[u8]) -> io::Result<()> {
    let (sum, sum_to) = (copy.with_extension(SUMMING), checksum::beside(to));
    File::create(&sum).and_then(|mut file| {
        file.write_all(line)?;
        file.sync_all()
    })?;
    if to.exists() {
        match fs::remove_file(&sum_to) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        sync_folder(to)?;
        fs::rename(copy, to)?;
        sync_folder(to)?;
        fs::rename(&sum, &sum_to)?;
    } else {
        fs::rename(&sum, &sum_to)?;
        sync_folder(to)?;
        fs::rename(copy, to)?;
    }
    sync_folder(to)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// File systems of another world have no such thing: there a name is as safe as they make it.
fn sync_folder(path: &Path) -> io::Result<()> {
    match File::open(folder_of(path))?.sync_all() {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        synced => synced,
    }
}

/// Whether what is put at `to` lies on the disk of `db`, as far as the system tells: another part of the same
/// disk looks like another disk.
///
/// # Errors
/// Where one of the two folders is not there.
pub fn same_disk(db: &Path, to: &Path) -> io::Result<bool> {
    Ok(fs::metadata(db)?.dev() == fs::metadata(folder_of(to))?.dev())
}
