//! Reads the limits and changes them.

use std::rc::Rc;

use super::model::{Limit, Limits, Most, told};
use super::sql;
use crate::cache::Tag;
use crate::error::{Fault, Result};
use crate::settings::model::Change;
use crate::store::{Read, Tx};

/// The limits of now.
pub fn current(db: &impl Read) -> Result<Rc<Limits>> {
    db.remembered(Tag::Settings, &sql::LIMITS, 0, |db| {
        let mut limits = Limits::new();
        for (name, most) in db.all(&sql::LIMITS, (), sql::limit)? {
            limits.set(Limit::parse(&name).map_err(|e| Fault::new(e.detail))?, most);
        }
        Ok(limits)
    })
}

/// Sets what is different, and tells what was: the caller writes the record and touches the settings.
pub(in crate::settings) fn set(tx: &Tx<'_>, wanted: &[(Limit, Most)]) -> Result<Vec<Change>> {
    let before = current(tx)?;
    let mut changes = Vec::new();
    for (limit, most) in wanted.iter().filter(|(limit, most)| before.of(*limit) != *most) {
        tx.run(&sql::SET, (limit.as_str(), most))?;
        let (from, to) = (told(*limit, before.of(*limit)), told(*limit, *most));
        changes.push(Change { field: limit.as_str(), from, to });
    }
    Ok(changes)
}
