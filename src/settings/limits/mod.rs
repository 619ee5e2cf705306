//! How much may be done without a manager's yes: a few numbers, each the most that passes.

pub mod http;
pub mod model;
pub mod ops;
pub mod sql;
