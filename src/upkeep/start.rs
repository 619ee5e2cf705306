//! What is looked at before anybody works with a file that nobody stopped.

use crate::error::{Error, Result};
use crate::journal;
use crate::kernel::wrong::Wrong;
use crate::orders::ops::verify::day;
use crate::store::{Read, Store};

/// So many records at the journal's end are followed: more than a till writes before its log is copied into
/// the file.
const TAIL_RECORDS: i64 = 2000;

/// What does not hold.
#[derive(Debug, Default)]
struct Looked {
    /// Rows or records that contradict each other.
    damage: Option<String>,
    /// Figures of the open day.
    figures: Vec<Wrong>,
}

/// The journal's end and the sums of the open day, after a kill or a power cut: milliseconds, however long
/// the history. Where rows contradict each other nothing more is written; figures that are wrong are told,
/// since they can be made anew while tills go on.
pub fn look(store: &Store) {
    if !store.was_cut_short() {
        return;
    }
    log::warn!("the last server was not stopped: the journal's end and the open day are looked at first");
    match store.read_blocking(first_wrong) {
        Ok(Looked { damage: Some(what), .. }) => store.now_damaged(&what),
        Ok(Looked { damage: None, figures }) => {
            let db = store.path().display();
            for what in figures {
                log::error!("{what}. Make it anew: comanda check --repair rollups --yes --db {db}");
            }
        }
        // Where the file is damaged, whoever met it has ended writing.
        Err(Error::Fault(fault)) => log::error!("the open day was not looked at: {fault}"),
        Err(Error::Refused(refused)) => log::error!("the open day was not looked at: {}", refused.detail),
    }
}

fn first_wrong(db: &impl Read) -> Result<Looked> {
    if let Err(what) = journal::ops::verify_tail(db, TAIL_RECORDS)? {
        return Ok(Looked { damage: Some(what), ..Looked::default() });
    }
    let Some(date) = journal::ops::last_date(db)? else { return Ok(Looked::default()) };
    let day = day::verify(db, date)?;
    Ok(Looked { damage: day.wrong.first().map(ToString::to_string), figures: day.figures })
}
