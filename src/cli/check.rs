//! `comanda check`: whether everything kept is what it was made from.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::backup::beside;
use super::control::{LOOK_EVERY, Watch};
use super::restore::{Proven, prove};
use super::{Failed, Outcome, control, head, import, say};
use crate::app::control::Command;
use crate::config::DB_DEFAULT;
use crate::error::Error;
use crate::journal::head::Seen;
use crate::kernel::wrong::Wrong;
use crate::orders::ops::verify::Rollup;
use crate::store::{self, Pace, Snapshot, Workshop};
use crate::upkeep;
use crate::upkeep::ops::Report;

/// Recomputes every total, rollup, count and hash, and names each row that differs
#[derive(Debug, Args)]
#[command(
    after_help = "Reads only, and all of one moment. Beside a running server it first copies the file to FILE.checking and
checks that, so that the server's log is held up for no longer than the copy takes; it goes by itself.
Exit code 0 when all holds, 1 when not.

--backup rehearses a restore: the backup is held against its checksum, copied into a folder of its own beside
FILE, where a restore would put it, brought up to date, opened and checked whole. Nothing of it stays, and
nothing else is touched, whether a server runs there or not.

Without more it holds together: lines, charges, taxes, payments, checks and orders among each other
and against the journal; the journal's chain; the figures of days and Zs, the counts, the lists of
what is open, and the adjustments against what they were made from. --integrity adds the file's pages
and indexes and every reference from row to row, a table at a time.

The chain shows that a record was changed, unless whoever changed it made every hash after it anew. What shows
that is a head, the number and the hash of the last record, that was written down before and kept elsewhere:
on every Z that is printed, and in the file that --head writes where all holds. --against holds the journal
against one, from such a file (several in one will do), from a Z as the server answers it, or typed from the
paper, of which the first 16 digits will do. It says when the journal was cut or rewritten before that head.
A head says nothing of what came after it, and is worth what the place is where it lies: it is not signed,
since a key on this machine would be as good to whoever changes the file as the file itself.

--repair rollups makes anew what the program derived itself: figures of days and of the coming Z,
counts of orders, the list of open ones. It shows what it would change; with --yes the running server
does it, or this command where none runs, while tills go on, and the journal is told. It changes
nothing else: where a payment, a line, a closed Z or the journal was changed it says so and leaves all
as it is.

Examples:
  comanda check --db trattoria.db
  comanda check --integrity --db trattoria.db
  comanda check --repair rollups --db trattoria.db
  comanda check --repair rollups --yes --db trattoria.db
  comanda check --backup /mnt/usb/friday.db
  comanda check --head /mnt/usb/head-2026-11-20.json --db trattoria.db
  comanda check --against /mnt/usb/head-2026-11-20.json --db trattoria.db
  comanda check --against '4711:9f3c21aa 0b4f6b0e' --db trattoria.db"
)]
pub(super) struct Check {
    /// The restaurant's file
    #[arg(long, value_name = "FILE", default_value = DB_DEFAULT)]
    db: PathBuf,
    /// Rehearses the restore of a backup instead
    #[arg(long, value_name = "BACKUP")]
    backup: Option<PathBuf>,
    /// Says the journal's head too, to be kept elsewhere; its chain is always checked
    #[arg(long)]
    journal: bool,
    /// Writes the journal's head, where all holds; - is standard output
    #[arg(long, value_name = "HEAD")]
    head: Option<PathBuf>,
    /// Holds the journal against a head that was kept: a file, or SEQ:HASH; as often as needed
    #[arg(long, value_name = "HEAD")]
    against: Vec<String>,
    /// The file's pages, indexes and references too, which takes longer
    #[arg(long)]
    integrity: bool,
    /// Shows what of these would be set right, and sets it right with --yes
    #[arg(long, value_name = "WHAT", conflicts_with = "backup")]
    repair: Option<Repair>,
    /// Sets it right
    #[arg(long, requires = "repair")]
    yes: bool,
}

/// What can be made anew.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Repair {
    /// Figures, counts and lists that were derived from orders
    Rollups,
}

/// Lines told of one kind; a file that is wrong throughout is told by its first ones.
const TOLD_MAX: usize = 1000;

impl Check {
    pub(super) fn run(self) -> Outcome {
        // Before all the rest: it takes a while, and a name is mistyped at once.
        let heads = self.against.iter().map(|word| head::seen(word)).collect::<Result<Vec<_>, _>>()?.concat();
        let bar = import::bar();
        let mut progress = |done, of| {
            bar.set_length(of);
            bar.set_position(done);
        };
        if let Some(Repair::Rollups) = self.repair.filter(|_| self.yes) {
            let told = control::ask(&self.db, &Command::RepairRollups, progress)?;
            bar.finish_and_clear();
            return repaired(&self.db, &told);
        }
        if let Some(backup) = &self.backup {
            let workshop = Workshop::beside(&self.db)?;
            let pace = if control::runs_on(&self.db) { Pace::Yielding } else { Pace::Full };
            let Proven { store, wrong, report } = prove(backup, &workshop, pace, &mut progress)?;
            bar.finish_and_clear();
            let snapshot = store.snapshot().map_err(failed)?;
            return self.tell(backup, &snapshot, &heads, wrong, report);
        }
        let name = &self.db;
        let mut wrong = Vec::new();
        let copied = if control::runs_on(name) { copy(name, &mut progress)? } else { None };
        // Of a file that nobody else can see, and nobody's log, all is looked at together.
        let apart = copied.is_some();
        if self.integrity && !apart {
            wrong = store::integrity_by_table(name, &mut progress)?;
        }
        let db = match copied {
            Some(db) => db,
            None => store::open_read_only(name)?,
        };
        if self.integrity && apart {
            wrong = db.integrity().map_err(failed)?;
        }
        if self.integrity {
            let links = upkeep::links::verify(&db, &mut progress).map_err(failed)?;
            wrong.extend(links.iter().map(ToString::to_string));
        }
        let report = upkeep::ops::verify(&db, &mut progress).map_err(failed)?;
        bar.finish_and_clear();
        self.tell(name, &db, &heads, wrong, report)
    }

    /// Says what was found in `name`, whose pages and references were `wrong`.
    fn tell(&self, name: &Path, db: &Snapshot, heads: &[Seen], mut wrong: Vec<String>, report: Report) -> Outcome {
        wrong.extend(report.wrong);
        wrong.extend(head::against(db, heads)?);
        let rollups: Vec<Wrong> = report.rollups.iter().flat_map(Rollup::wrong).collect();
        let count = tell(&wrong)? + tell(&rollups)?;
        if self.repair.is_some() {
            return rehearsed(name, wrong.len(), rollups.len());
        }
        if self.journal || self.head.is_some() {
            // Nobody vouches for what does not hold.
            head::tell(db, self.head.as_deref().filter(|_| count == 0))?;
        }
        outcome(name, count, report.records)
    }
}

/// A copy of a file that a server runs on, of one moment. Its name goes at once, and it when this command
/// ends, however it ends. None where there is no room for one: then the file itself has to do.
fn copy(name: &Path, mut progress: impl FnMut(u64, u64)) -> Result<Option<Snapshot>, Failed> {
    let to = beside(name, ".checking");
    let mut server = Watch::begin(name, LOOK_EVERY);
    let mut ended = false;
    let progress = |done, of| {
        progress(done, of);
        ended = server.as_mut().is_some_and(|server| !server.is_there());
        !ended
    };
    let copied = store::open_read_only(name)?.copy_to(&to, Pace::Yielding, progress);
    if ended {
        let why = "The server ended, and the check was given up, so that it can start again. Try it once more.";
        return Err(Failed(why.to_owned()));
    }
    match copied {
        Ok(()) => {
            let db = store::open_read_only(&to);
            fs::remove_file(&to)?;
            Ok(Some(db?))
        }
        Err(fault) => {
            log::warn!("the server's log is not emptied while the file is checked: {fault}");
            Ok(None)
        }
    }
}

fn outcome(name: &Path, wrong: usize, records: i64) -> Outcome {
    match wrong {
        0 => say(format!("{}: all holds; the journal's chain has {records} records", name.display())),
        1 => Err(Failed(format!("{}: 1 value is not what it should be", name.display()))),
        n => Err(Failed(format!("{}: {n} values are not what they should be", name.display()))),
    }
}

/// What a repair would come to.
fn rehearsed(name: &Path, wrong: usize, rollups: usize) -> Outcome {
    let name = name.display();
    match (wrong, rollups) {
        (0, 0) => say(format!("{name}: nothing to repair")),
        (0, n) => Err(Failed(format!("{name}: {n} values of rollups would be set right; --yes does it"))),
        (w, _) => Err(Failed(format!(
            "{name}: {w} values are wrong that no repair touches. Find out first what happened there: rollups are made \
             anew only from rows that hold."
        ))),
    }
}

fn repaired(name: &Path, told: &serde_json::Value) -> Outcome {
    let words = told["repaired"].as_array().map(Vec::as_slice).unwrap_or_default();
    let words: Vec<&str> = words.iter().filter_map(serde_json::Value::as_str).collect();
    match tell(&words)? {
        0 => say(format!("{}: nothing to repair", name.display())),
        1 => say(format!("{}: 1 value set right, and the journal told", name.display())),
        n => say(format!("{}: {n} values set right, and the journal told", name.display())),
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
