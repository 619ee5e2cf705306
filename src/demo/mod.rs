//! A restaurant worth looking at: a menu, a room, eight people and ninety days of trade.
//!
//! What happens on a date is decided by chance from a fixed seed ([`plan`], pure) and then lived
//! through the operations a terminal calls, each at its own time, so that the file is one that
//! service could have left: receipts without gaps, a journal that verifies, a Z for every night.
//! The same days come out the same every time; only what has to be random (the site's UUID, salts,
//! tokens) differs.

mod carte;
mod chance;
mod history;
mod place;
mod plan;
mod till;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::app;
use crate::error::{Error, Result};
use crate::kernel::clock::ManualClock;
use crate::kernel::day::{BusinessDate, Cutoff, UtcMs, Zone, business_date};
use crate::menu;
use crate::store::{self, OpenError, Read, Store};

pub use place::{NAME, Person, STAFF};

/// How long the history is.
pub const DAYS: u32 = 90;

/// Why there is no restaurant.
#[derive(Debug)]
pub enum Failed {
    Open(OpenError),
    Write(Error),
    Io { path: PathBuf, source: std::io::Error },
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(error) => error.fmt(f),
            Self::Write(Error::Refused(refused)) => f.write_str(&refused.detail),
            Self::Write(Error::Fault(fault)) => fault.fmt(f),
            Self::Io { path, source } => write!(f, "{}: {source}", path.display()),
        }
    }
}

impl std::error::Error for Failed {}

impl From<OpenError> for Failed {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Write(error)
    }
}

/// Makes the restaurant at `db`, where there is no file yet, with the history of the `days` that end
/// with the day before that of `now`. `lived` hears how many days are done, after each.
///
/// It is made under another name and appears only when it is whole and on the disk: an interruption
/// leaves what the next try throws away. The caller sees to it that nobody makes the same one.
pub fn make(db: &Path, days: u32, now: UtcMs, lived: &mut dyn FnMut(u32)) -> Result<(), Failed> {
    let making = beside(db, ".making");
    for suffix in ["", "-wal", "-shm", "-journal", ".lock"] {
        remove(&beside(&making, suffix))?;
    }
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| Failed::Io { path, source }
    };
    // Nothing of it is anybody's record until it is whole, so that no commit of it needs a sync; the
    // checkpoint that ends it has one.
    let config = store::Config { synchronous_full: false, readers: 1, ..store::Config::new(&making) };
    let store = Store::open(config, Arc::new(()), &app::statements())?;
    let made = fill(&store, days, now, lived);
    store.stop();
    made?;
    fs::File::open(&making).and_then(|file| file.sync_all()).map_err(io(&making))?;
    fs::rename(&making, db).map_err(io(db))?;
    remove(&beside(&making, ".lock"))?;
    let folder = db.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(io(folder))
}

fn fill(store: &Store, days: u32, now: UtcMs, lived: &mut dyn FnMut(u32)) -> Result<()> {
    let zone = Zone::parse(place::TIMEZONE).map_err(|e| crate::error::Fault::new(e.detail))?;
    let cutoff = Cutoff::parse(place::CUTOFF).map_err(|e| crate::error::Fault::new(e.detail))?;
    let last = business_date(now, &zone, cutoff).plus_days(-1);
    let first = first_day(last, days);
    let hired = place::Hired::all()?;
    let opening = zone.instant(first.plus_days(-1), 10, 0, 0).unwrap_or(now);
    let premises = store.write_blocking(move |tx| place::furnish(tx, &ManualClock::at(opening), hired))?;
    history::live(store, &premises, &zone, (first, last), lived)
}

fn first_day(last: BusinessDate, days: u32) -> BusinessDate {
    last.plus_days(1 - i32::try_from(days).unwrap_or(i32::MAX))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn remove(path: &Path) -> Result<(), Failed> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(Failed::Io { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// The ids of two things to order: a large Margherita and a bottle of water. None where somebody has
/// changed the menu since.
pub fn plain_order(db: &impl Read) -> Result<Option<[i64; 2]>> {
    let [pizza, water] = plan::plain_order();
    let of = |sku: &str| menu::ops::variant_by_sku(db, sku);
    Ok(of(&pizza)?.zip(of(&water)?).map(|((pizza, _), (water, _))| [pizza.get(), water.get()]))
}
