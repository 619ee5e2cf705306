//! Whether what is kept of accounts is what their entries come to. Whether those are what was paid and sold,
//! orders know.

use crate::accounts::sql;
use crate::error::Result;
use crate::kernel::wrong::Wrong;
use crate::store::{Read, Statement};

pub fn verify(db: &impl Read) -> Result<Vec<Wrong>> {
    let mut wrong = Vec::new();
    let sums: [(&'static str, &'static str, &Statement); 2] =
        [("accounts", "balance", &sql::BALANCES_WRONG), ("account_entries", "balance", &sql::RUNNING_WRONG)];
    for (table, column, statement) in sums {
        let rows = db.all(statement, (), sql::differs)?;
        wrong.extend(rows.into_iter().map(|(id, stored, is)| Wrong::new(table, id, column, stored, is)));
    }
    let days = db.all(&sql::DAYS_WRONG, (), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let day = |(id, kept, summed): (String, String, String)| Wrong::new("account_days", id, "sums", kept, summed);
    wrong.extend(days.into_iter().map(day));
    Ok(wrong)
}
