//! The statements of approvals.

use super::model::Approval;
use crate::store::{Row, Statement};

pub static INSERT: Statement = Statement::new(
    "approvals.insert",
    "insert into approvals (token_hash, operation, subject, approved_by, device_id, staff_id, granted_at_ms)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
);

pub static BY_TOKEN: Statement = Statement::new(
    "approvals.by_token",
    "select id, operation, subject, approved_by, device_id, staff_id, granted_at_ms, used_at_ms
     from approvals where token_hash = ?1",
);

pub static SPEND: Statement =
    Statement::new("approvals.spend", "update approvals set used_at_ms = ?1 where id = ?2 and used_at_ms is null");

/// Ids rise with time, so the first rows are the oldest; the newest stays, so that its id is not given again.
pub static EXPIRE: Statement = Statement::new(
    "approvals.expire",
    "delete from approvals where id in
       (select id from (select id, granted_at_ms from approvals order by id limit 16) where granted_at_ms < ?1)
       and id <> ?2",
)
.scanning("looks at the sixteen oldest by their key");

pub static END_ALL: Statement =
    Statement::new("approvals.end_all", "update approvals set used_at_ms = ?1 where used_at_ms is null")
        .scanning("once after a restore, over those of the last hour");

pub static ALL: &[&Statement] = &[&INSERT, &BY_TOKEN, &SPEND, &EXPIRE, &END_ALL];

pub fn approval(row: &Row<'_>) -> rusqlite::Result<Approval> {
    Ok(Approval {
        id: row.get(0)?,
        operation: row.get(1)?,
        subject: row.get(2)?,
        approved_by: row.get(3)?,
        device: row.get(4)?,
        staff: row.get(5)?,
        granted_at: row.get(6)?,
        used_at: row.get(7)?,
    })
}
