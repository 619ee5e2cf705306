//! Orders: what guests asked for, what it costs, what was paid.

pub mod bill;
pub mod model;
pub mod receipt;
pub mod sql;
