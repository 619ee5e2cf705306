//! The room: areas with their tables, what is open at which table, and the stations where the kitchen cooks.
//!
//! It stands below the orders and never asks them: they tell it who sits where ([`ops::seat`],
//! [`ops::leave`]). There always is one default station, which cooks what names none.

mod http;
pub mod model;
pub mod ops;
mod record;
pub mod sql;

#[cfg(test)]
mod tests;

pub use http::{FLOOR, configure, warm};
