//! One day alone, for the moment in which a server starts after the power was gone.

use super::books::{Found, identity};
use super::told::Told;
use super::{CHUNK, Chunk, group};
use crate::error::Result;
use crate::journal;
use crate::kernel::day::BusinessDate;
use crate::kernel::wrong::Wrong;
use crate::orders::sql::verify as sql;
use crate::reports::model::{Dim, Figures};
use crate::reports::ops::rollup_rows;
use crate::store::Read;

/// What does not hold of a day.
#[derive(Debug, Default)]
pub struct Day {
    /// Rows of its orders that contradict each other.
    pub wrong: Vec<Wrong>,
    /// Its figures, which can be made anew.
    pub figures: Vec<Wrong>,
}

/// The orders begun on `date`, at most the last few thousand, each held against its lines, taxes and payments,
/// and the figures of the day among each other. Takes milliseconds; that they are what they were made from
/// is [`super::findings`]' to say.
pub fn verify(db: &impl Read, date: BusinessDate) -> Result<Day> {
    let first: i64 = db.one(&sql::FIRST_OF_DAY, [date], |row| row.get(0))?;
    let last: i64 = db.one(&sql::LAST_ORDER, (), |row| row.get(0))?;
    let mut found = Found::new(Told::default(), journal::ops::calendar(db)?.zone);
    if first > 0 {
        let chunk = Chunk::read(db, ((first - 1).max(last - CHUNK), last))?;
        chunk.ledger(&mut found);
        let checks = group(chunk.checks.iter().collect(), |check| check.order);
        for order in chunk.orders.values() {
            chunk.state(order, checks.get(&order.id).map_or(&[], Vec::as_slice), &mut found);
        }
        for check in &chunk.checks {
            chunk.dishes(check, &mut found);
            chunk.totals(check, &mut found);
        }
    }
    Ok(Day { wrong: found.wrong, figures: figures(db, date)? })
}

/// The day's own identity, and that its hours and its tenders come to the whole.
fn figures(db: &impl Read, date: BusinessDate) -> Result<Vec<Wrong>> {
    let rows = rollup_rows(db, date, date)?;
    let sum = |dim: Dim, of: fn(&Figures) -> i64| {
        rows.iter().filter(|row| row.dim == dim).map(|row| of(&row.figures)).sum::<i64>()
    };
    let whole = rows.iter().find(|row| row.dim == Dim::All).map(|row| row.figures).unwrap_or_default();
    let id = format!("{date} all");
    let (gross, kept) = (sum(Dim::Hour, |f| f.gross), sum(Dim::Tender, |f| f.kept));
    let mut wrong: Vec<Wrong> = identity(date, &whole).into_iter().collect();
    wrong.extend(Wrong::unless_equal("day_totals", &id, "gross (its hours summed)", whole.gross, gross));
    wrong.extend(Wrong::unless_equal("day_totals", &id, "kept (its tenders summed)", whole.kept, kept));
    Ok(wrong)
}
