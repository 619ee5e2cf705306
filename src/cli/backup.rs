//! `comanda backup`: a copy to rely on.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;

use super::check::failed;
use super::control::{LOOK_EVERY, Watch};
use super::{Db, Failed, Outcome, import, say};
use crate::backups;
use crate::kernel::clock::{Clock as _, SystemClock};
use crate::store::Pace;
use crate::store::side::{self, BackupNote};

/// Copies the file whole, also beside a running server, and checks the copy
#[derive(Debug, Args)]
#[command(
    after_help = "The copy is of one moment. Beside a running server it goes a MiB at a time and makes way for the tills. It is
synced, opened again, its pages, references and the journal's chain are checked, and only then it gets its
name; DEST.sha256 beside it is for `sha256sum -c`. Whatever interrupts that leaves no file that looks like a
backup. Whether its sums add up `comanda check --backup` asks.

The server does this by itself with comanda serve --backup DIR.

Examples:
  comanda backup /mnt/usb/friday.db --db trattoria.db
  (cd /mnt/usb && sha256sum -c friday.db.sha256)"
)]
pub(super) struct Backup {
    /// The copy; an older one of that name goes once the new one is checked
    #[arg(value_name = "DEST")]
    to: PathBuf,
    #[command(flatten)]
    db: Db,
}

/// The path with something after its name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

impl Backup {
    pub(super) fn run(self) -> Outcome {
        // What has a log beside it is a restaurant's own file, perhaps this one's.
        let live = ["-wal", ".lock"].iter().any(|suffix| beside(&self.to, suffix).exists());
        if live || fs::canonicalize(&self.to).ok().is_some_and(|to| fs::canonicalize(&self.db.db).ok() == Some(to)) {
            return Err(Failed(format!("{} is a restaurant in use; name another file.", self.to.display())));
        }
        if self.to.is_dir() {
            return Err(Failed(format!("{} is a folder; name the file in it.", self.to.display())));
        }
        let bar = import::bar();
        let mut server = Watch::begin(&self.db.db, LOOK_EVERY);
        let (pace, mut ended) = (if server.is_some() { Pace::Yielding } else { Pace::Full }, false);
        let mut progress = |done, of| {
            bar.set_length(of);
            bar.set_position(done);
            ended = server.as_mut().is_some_and(|server| !server.is_there());
            !ended
        };
        // What it holds is of no earlier moment.
        let at_ms = Some(SystemClock.now().get());
        if pace == Pace::Yielding {
            backups::step_aside();
        }
        let made = backups::make(&self.db.db, &self.to, &self.to, pace, &mut progress);
        bar.finish_and_clear();
        if ended {
            let why = "The server ended, and the backup was given up, so that it can start again. Try it once more.";
            return Err(Failed(why.to_owned()));
        }
        let made = made.map_err(failed)?;
        let (db, to) = (self.db.db.display(), self.to.display());
        if made.same_disk {
            let warning = format!("{to} lies on the same disk as {db}: if that disk fails both are gone.");
            writeln!(io::stderr(), "comanda: {warning}")?;
        }
        let whole = fs::canonicalize(&self.to).unwrap_or(made.path);
        let note = BackupNote { at_ms, to: Some(whole), same_disk: made.same_disk, failed: None };
        if let Err(error) = side::note_backup(&self.db.db, &note) {
            log::warn!("the server will not know of this backup: {error}");
        }
        say(format!("{db} is copied to {to}, and the copy is sound ({} records, sha256 {})", made.records, made.sha256))
    }
}
