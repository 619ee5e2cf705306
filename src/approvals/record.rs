//! What the journal keeps of a yes: who gave it, to what. Who asked is the record's own staff.

use serde::Serialize;

#[derive(Serialize)]
pub(super) struct GrantedRecord<'a> {
    pub(super) approval: i64,
    pub(super) operation: &'static str,
    pub(super) subject: &'a str,
    pub(super) approved_by: i64,
}
