//! Whether entries are what the journal last told of them.

use std::collections::HashMap;

use super::{ops, record};
use crate::error::Result;
use crate::kernel::wrong::Wrong;
use crate::store::Read;

/// Every entry that is not; `told` is what the journal last said of each, by its id.
pub fn verify(db: &impl Read, mut told: HashMap<i64, String>) -> Result<Vec<Wrong>> {
    let mut wrong = Vec::new();
    for entry in ops::every(db)? {
        let (id, then) = (entry.id.get(), told.remove(&entry.id.get()));
        let now = record::text(&entry, then.as_deref().is_none_or(record::tells_share));
        match then {
            Some(then) if then == now => {}
            Some(then) => wrong.push(Wrong::new("time_entries", id, "entry", now, then)),
            None => wrong.push(Wrong::new("time_entries", id, "record in the journal", "missing", now)),
        }
    }
    let mut gone: Vec<_> = told.into_iter().collect();
    gone.sort_unstable_by_key(|(id, _)| *id);
    wrong.extend(gone.into_iter().map(|(id, then)| Wrong::new("time_entries", id, "row", "missing", then)));
    Ok(wrong)
}
