//! Looking after the file: whether all of it holds, across every domain, and making rollups anew.
//!
//! What people or guests did is never changed here. Where two rows, or a row and the journal,
//! contradict each other, somebody has to find out why; only what the program itself derived can it
//! derive again.

pub mod links;
pub mod ops;
pub mod restore;
pub mod sql;
pub mod start;
