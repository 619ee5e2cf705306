//! Tenders, reasons and ready-made discounts: short lists of rows that are archived, never deleted.

//HTTP pub mod http;
pub mod model;
pub mod ops;
pub mod sql;
