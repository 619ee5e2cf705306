//! `comanda restore`: a backup in the file's place.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::check::failed;
use super::{Db, Failed, Outcome, control, import, say};
use crate::backups::checksum::{self, Told};
use crate::journal;
use crate::kernel::clock::SystemClock;
use crate::kernel::day::{UtcMs, Zone};
use crate::settings;
use crate::store::{OpenError, Pace, Replacing, Store, Workshop};
use crate::upkeep;
use crate::upkeep::ops::Report;
use crate::upkeep::restore::Restored;

/// Puts a backup in the file's place, and keeps what was there
#[derive(Debug, Args)]
#[command(
    after_help = "Stop the server first. The backup itself is only read. It is held against its checksum where BACKUP.sha256
lies beside it, proven sound, copied beside the file and checked whole before anything is changed; where that
is interrupted, the old file is in its place. A backup of an older program is brought up to date on the way.
`comanda check --backup BACKUP` rehearses all of it and changes nothing.

What was in the file's place stays beside it as FILE.before-restore-YYYYMMDD-HHMMSS, with its log where
that could not be read. Orders, payments and settings are as they were when the backup was made, and so
are PINs and terminals: revoke again what was revoked since. Everybody signs in anew. The journal says
that a restore was made and counts a new epoch.

Examples:
  comanda restore /mnt/usb/friday.db --db trattoria.db
  comanda restore trattoria.db.before-restore-20261120-185512 --db trattoria.db"
)]
pub(super) struct Restore {
    /// What `comanda backup` made
    #[arg(value_name = "BACKUP")]
    backup: PathBuf,
    #[command(flatten)]
    db: Db,
}

impl Restore {
    pub(super) fn run(self) -> Outcome {
        let db = &self.db.db;
        let same = |to: PathBuf| fs::canonicalize(&self.backup).ok() == Some(to);
        if fs::canonicalize(db).is_ok_and(same) {
            return Err(Failed(format!("{} is the file itself; name a backup of it.", db.display())));
        }
        if !self.backup.exists() {
            return Err(Failed(format!("There is no file {}.", self.backup.display())));
        }
        let replacing = Replacing::begin(db)?;
        let (restored, rollups) = self.make(&replacing)?;
        let aside = replacing.put(&suffix(restored.at, &restored.zone))?;
        tell(db, &restored, rollups, aside.as_deref())
    }

    /// Makes the new file beside the old one. Answers what it holds, and how many kept figures differ from
    /// what they were made from, which is no reason to be without it.
    fn make(&self, replacing: &Replacing) -> Result<(Restored, usize), Failed> {
        let bar = import::bar();
        let mut progress = |done, of| {
            bar.set_length(of);
            bar.set_position(done);
        };
        let Proven { store, wrong, report } = prove(&self.backup, replacing.workshop(), Pace::Full, &mut progress)?;
        bar.finish_and_clear();
        let mut wrong = wrong.into_iter().chain(report.wrong);
        if let Some(first) = wrong.next() {
            let what = match wrong.count() {
                0 => first,
                more => format!("{first}, and {more} more (comanda check --backup names them)"),
            };
            return Err(OpenError::BadBackup { path: self.backup.clone(), what }.into());
        }
        let replaced = replacing.old().and_then(|old| journal::ops::identity(&old).ok());
        let replaced = replaced.map(|(_, epoch)| epoch);
        let restored = store.write_blocking(move |tx| upkeep::restore::begin_epoch(tx, &SystemClock, replaced));
        store.stop();
        Ok((restored.map_err(failed)?, report.rollups.len()))
    }
}

/// A backup as a restore would have it: copied, opened as the server opens its file, and checked whole.
pub(super) struct Proven {
    /// Open, and nobody's yet.
    pub(super) store: Store,
    /// Broken references.
    pub(super) wrong: Vec<String>,
    pub(super) report: Report,
}

/// Copies a backup into the workshop and finds out all about it; the backup itself is only read.
///
/// # Errors
/// Where its checksum says that it is another file, its pages are not sound, or there is no restaurant in it.
pub(super) fn prove(
    backup: &Path,
    workshop: &Workshop,
    pace: Pace,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Proven, Failed> {
    if checksum::check(backup)? == Told::Wrong {
        let what = format!("it is not what {} was written of", checksum::beside(backup).display());
        return Err(OpenError::BadBackup { path: backup.to_owned(), what }.into());
    }
    workshop.copy(backup, pace, &mut *progress)?;
    let store = control::open(&workshop.made(), false)?;
    let snapshot = store.snapshot().map_err(failed)?;
    if !settings::ops::exists(&snapshot).map_err(failed)? {
        return Err(Failed(format!("There is no restaurant in {}.", backup.display())));
    }
    let links = upkeep::links::verify(&snapshot, &mut *progress).map_err(failed)?;
    let report = upkeep::ops::verify(&snapshot, progress).map_err(failed)?;
    drop(snapshot);
    Ok(Proven { store, wrong: links.iter().map(ToString::to_string).collect(), report })
}

/// What the old file is called by now: the restaurant's time, to the second.
fn suffix(at: UtcMs, zone: &Zone) -> String {
    let time = at.rfc3339(zone);
    let digits = |from: usize, to: usize| time.get(from..to).unwrap_or_default().replace(['-', ':'], "");
    format!(".before-restore-{}-{}", digits(0, 10), digits(11, 19))
}

fn tell(db: &Path, restored: &Restored, rollups: usize, aside: Option<&Path>) -> Outcome {
    let db = db.display();
    let Restored { name, orders, epoch, .. } = restored;
    let date = restored.date.map(|date| format!(" as it was on {date}")).unwrap_or_default();
    say(format!("{name} is restored to {db}{date}: {orders} orders. The journal's epoch is {epoch} now."))?;
    if let Some(aside) = aside {
        let aside = aside.display();
        say(format!("What was there is kept in {aside}. To go back: comanda restore {aside} --db {db}"))?;
    }
    if rollups > 0 {
        say(format!(
            "{rollups} kept figures differ from what they were made from: comanda check --repair rollups --yes --db {db}"
        ))?;
    }
    say("Everybody signs in anew. Revoke again what was revoked since; PINs are those of that day.")?;
    say(format!("Start it with: comanda serve --db {db}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_file_is_called_after_the_restaurants_time() {
        let at = UtcMs::parse("2026-11-20T18:55:12+01:00").unwrap();
        assert_eq!(suffix(at, &Zone::parse("Europe/Rome").unwrap()), ".before-restore-20261120-185512");
    }
}
