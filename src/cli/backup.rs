//! `comanda backup`: a copy to rely on.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use clap::Args;

use super::check::{failed, sound};
use super::{Db, Failed, Outcome, import, say};
use crate::kernel::clock::{Clock as _, SystemClock};
use crate::store;

/// Copies the file whole, also beside a running server, and checks the copy
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  comanda backup /mnt/usb/friday.db --db trattoria.db")]
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
        let unchecked = beside(&self.to, ".unchecked");
        let bar = import::bar();
        let copied = store::open_read_only(&self.db.db)?.copy_to(&unchecked, |done, of| {
            bar.set_length(of);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        copied.map_err(failed)?;
        drop(sound(&unchecked)?);
        fs::rename(&unchecked, &self.to)?;
        let folder = self.to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
        if let Err(error) = store::side::note_backup(&self.db.db, SystemClock.now().get()) {
            log::warn!("the server will not know of this backup: {error}");
        }
        say(format!("{} is copied to {}, and the copy is sound", self.db.db.display(), self.to.display()))
    }
}
