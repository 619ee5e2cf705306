//! Whether every reference that no foreign key holds leads to where it should.

use super::sql::LINKS;
use crate::error::Result;
use crate::kernel::wrong::Wrong;
use crate::store::{Read, Row};

/// A value as it stands, whatever its type.
fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    use rusqlite::types::ValueRef;
    Ok(match row.get_ref(column)? {
        ValueRef::Integer(value) => value.to_string(),
        ValueRef::Text(value) => String::from_utf8_lossy(value).into_owned(),
        ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => "nothing".to_owned(),
    })
}

/// Each one that does not. `progress` hears how many kinds of them were looked at.
pub fn verify(db: &impl Read, mut progress: impl FnMut(u64, u64)) -> Result<Vec<Wrong>> {
    let mut wrong = Vec::new();
    for (link, done) in LINKS.iter().zip(1..) {
        wrong.extend(db.all(&link.broken, (), |row| {
            Ok(Wrong::new(link.table, text(row, 0)?, link.column, text(row, 1)?, text(row, 2)?))
        })?);
        progress(done, LINKS.len() as u64);
    }
    Ok(wrong)
}
