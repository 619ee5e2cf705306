//! Drawers: whose hands cash is in, from the float to the count.
//!
//! A drawer belongs to a till, or is the purse a waiter carries. What payments and refunds move in cash
//! is pushed down by orders ([`ops::sale`] and the like); what people do by hand is an event with its
//! reason. Events never change: a slip is taken back by an event that names it. Whoever counts is not
//! told what should be there ([`model::Shown`]).

mod http;
pub mod model;
pub mod ops;
pub mod record;
pub mod sql;
pub mod verify;

#[cfg(test)]
mod tests;

pub use http::configure;
