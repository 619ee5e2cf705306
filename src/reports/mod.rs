//! What was sold, given away, refunded and taken: rollups kept in the transaction of each fact, and
//! the reports read from them.
//!
//! Orders and payments push facts ([`facts`]) through [`ops`]; nothing here asks them anything, so a
//! report never reads an order. The names that a report shows came with the facts: what an item was
//! called when it was last sold in the range.

pub mod facts;
mod http;
pub mod model;
pub mod ops;
pub mod prices;
pub mod sql;

#[cfg(test)]
mod tests;

pub use http::{configure, warm};
