//! The house's own facts: what it is called, how it counts, rounds and charges, and the short lists
//! (tenders, reasons, ready-made discounts) that everything else refers to.
//!
//! The time zone and the cutoff are stored with the site, since every record's date needs them; they
//! are shown and changed here.

pub mod http;
pub mod limits;
pub mod lists;
pub mod model;
pub mod ops;
mod papers;
pub mod records;
pub mod sql;

#[cfg(test)]
mod tests;

pub use http::{configure, warm};
