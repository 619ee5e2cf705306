//! Tenders, reasons and ready-made discounts: short lists of rows that are archived, never deleted.

pub mod http;
pub mod model;
pub mod ops;
pub mod sql;
