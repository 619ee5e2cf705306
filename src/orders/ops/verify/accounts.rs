//! What payments took from accounts and settled checks brought to them, against the accounts' entries.

use super::Chunk;
use super::books::Found;
use crate::accounts as ledger;
use crate::error::Result;
use crate::kernel::ids::LineId;
use crate::kernel::wrong::Wrong;
use crate::orders::sql::verify as sql;
use crate::store::Read;

impl Chunk {
    pub(super) fn accounts(&self, db: &impl Read, range: (i64, i64), found: &mut Found) -> Result<()> {
        for (payment, taken, told) in db.all(&sql::DRAWN, range, sql::drawn)? {
            found.same("payments", payment, "account_entries", told, taken);
        }
        for check in self.checks.iter().filter(|check| check.state == "paid") {
            if self.orders.get(&check.order).is_none_or(|order| order.imported) {
                continue;
            }
            for line in self.lines(check.id).iter().filter(|line| !line.is_sale) {
                let back: i64 = db.one(&sql::LINE_REFUNDED, (check.order, line.id), |row| row.get(0))?;
                let kept = ledger::ops::kept_by_line(db, LineId::new(line.id))?;
                found.same("lines", line.id, "account_entries", kept.minor(), line.total - back);
            }
        }
        Ok(())
    }
}

/// What accounts keep for payments against those that wait, and entries of what moves no account.
pub(super) fn compare(db: &impl Read, wrong: &mut Vec<Wrong>) -> Result<()> {
    for (account, kept, waits) in db.all(&sql::RESERVED_WRONG, (), sql::drawn)? {
        wrong.push(Wrong::new("accounts", account, "reserved", kept, waits));
    }
    for (column, statement) in [("payment_id", &sql::ENTRIES_ASTRAY), ("line_id", &sql::LINES_ASTRAY)] {
        for (entry, of, account) in db.all(statement, (), sql::drawn)? {
            wrong.push(Wrong::new("account_entries", entry, column, of, format!("one of account {account}")));
        }
    }
    Ok(())
}
