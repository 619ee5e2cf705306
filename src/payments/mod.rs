//! Payments: what a guest hands over, what a terminal took, what is given back.
//!
//! Here it is decided, by pure functions ([`model`]); the rows are the orders', written through
//! their operations, so that a payment and the end of the order it pays are one transaction.

mod http;
pub mod model;
pub mod ops;
#[cfg(test)]
mod tests;

pub use http::{TRIED, configure};
