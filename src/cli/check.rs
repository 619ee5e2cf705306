//! `comanda check`: whether everything kept is what it was made from.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Failed, Outcome, import, say};
use crate::config::DB_DEFAULT;
use crate::error::Error;
use crate::store::{self, Snapshot};
use crate::{journal, kitchen, orders};

/// Recomputes every total, rollup, count and hash, and names each row that differs
#[derive(Debug, Args)]
#[command(
    after_help = "Reads only, also beside a running server, and all of one moment: while it reads, the server's log
is not emptied. Exit code 0 when all holds, 1 when not.

Examples:
  comanda check --db trattoria.db
  comanda check --backup /mnt/usb/friday.db"
)]
pub(super) struct Check {
    /// The restaurant's file
    #[arg(long, value_name = "FILE", default_value = DB_DEFAULT)]
    db: PathBuf,
    /// A backup in its place, with its pages
    #[arg(long, value_name = "FILE", conflicts_with = "db")]
    backup: Option<PathBuf>,
    /// Says the journal's last hash too, to be kept elsewhere; its chain is always checked
    #[arg(long)]
    journal: bool,
    /// The file's pages, indexes and references too, which takes longer
    #[arg(long)]
    integrity: bool,
}

/// Lines told of one kind; a file that is wrong throughout is told by its first ones.
const TOLD_MAX: usize = 1000;

impl Check {
    pub(super) fn run(self) -> Outcome {
        let pages = self.integrity || self.backup.is_some();
        let db = store::open_read_only(self.backup.as_deref().unwrap_or(&self.db))?;
        let mut wrong = 0;
        if pages {
            wrong += tell(&db.integrity().map_err(failed)?)?;
        }
        let bar = import::bar();
        let found = orders::ops::verify::verify(&db, |done, of| {
            bar.set_length(of);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        wrong += tell(&found.map_err(failed)?)?;
        wrong += tell(&kitchen::ops::verify(&db).map_err(failed)?)?;
        let records = match journal::ops::verify(&db, |_| {}).map_err(failed)? {
            Ok(records) => records,
            Err(what) => {
                wrong += tell(&[what])?;
                0
            }
        };
        if self.journal
            && let Some(last) = journal::ops::after(&db, records - 1, 1).map_err(failed)?.first()
        {
            let hash: String = last.hash.iter().map(|byte| format!("{byte:02x}")).collect();
            say(format!("journal {}: {hash}", last.seq))?;
        }
        let name = self.backup.as_deref().unwrap_or(&self.db);
        outcome(name, wrong, records)
    }
}

fn outcome(name: &Path, wrong: usize, records: i64) -> Outcome {
    match wrong {
        0 => say(format!("{}: all holds; the journal's chain has {records} records", name.display())),
        1 => Err(Failed(format!("{}: 1 value is not what it should be", name.display()))),
        n => Err(Failed(format!("{}: {n} values are not what they should be", name.display()))),
    }
}

/// Says each on standard output; answers how many there are.
fn tell(wrong: &[impl Display]) -> Result<usize, Failed> {
    for line in wrong.iter().take(TOLD_MAX) {
        say(line)?;
    }
    if wrong.len() > TOLD_MAX {
        say(format!("… and {} more", wrong.len() - TOLD_MAX))?;
    }
    Ok(wrong.len())
}

pub(super) fn failed(error: impl Into<Error>) -> Failed {
    match error.into() {
        Error::Refused(refused) => Failed(refused.detail),
        Error::Fault(fault) => Failed(fault.to_string()),
    }
}

/// Whether a file opens, is a restaurant's, and has sound pages: what a backup must be.
pub(super) fn sound(path: &Path) -> Result<Snapshot, Failed> {
    let db = store::open_read_only(path)?;
    let wrong = db.integrity().map_err(failed)?;
    match wrong.first() {
        None => Ok(db),
        Some(first) => Err(Failed(format!("{}: {first}, and it is no backup to rely on", path.display()))),
    }
}
