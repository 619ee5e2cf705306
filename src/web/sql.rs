//! Requests that had an effect, and what they were answered.

use crate::store::Statement;

/// What this key was used for.
pub static KEY_FIND: Statement = Statement::new(
    "idempotency.find",
    "select request_hash, status, etag, content_type, body, unpacked_bytes from idempotency_keys
     where device_id = ?1 and key = ?2",
);

pub static KEY_KEEP: Statement = Statement::new(
    "idempotency.keep",
    "insert into idempotency_keys (device_id, key, request_hash, status, etag, content_type, body, unpacked_bytes, at_ms)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
);

/// When the oldest was kept. Ids rise with time, so that the first row is the oldest.
pub static KEY_OLDEST: Statement = Statement::new(
    "idempotency.oldest",
    "select at_ms from idempotency_keys where id = (select min(id) from idempotency_keys)",
);

/// The oldest few that are past their time.
pub static KEY_EXPIRE: Statement = Statement::new(
    "idempotency.expire",
    "delete from idempotency_keys where id in
       (select id from (select id, at_ms from idempotency_keys order by id limit ?2) where at_ms < ?1)",
)
.scanning("the first few rows by their key, limited");

pub static ALL: &[&Statement] = &[&KEY_FIND, &KEY_KEEP, &KEY_OLDEST, &KEY_EXPIRE];
