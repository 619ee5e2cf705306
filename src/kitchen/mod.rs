//! The kitchen: tickets, and a ledger of what it was told, apart from what is billed.
//!
//! Orders push what is new down through [`ops::send`] and read back how far each line is through
//! [`ops::progress`]; the kitchen asks orders nothing. There is no money here: a kitchen screen sees none.

pub mod alarm;
pub mod http;
pub mod model;
pub mod ops;
pub mod sql;

#[cfg(test)]
mod tests;

pub use http::configure;
