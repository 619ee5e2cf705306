//! Accounts: what guests owe the house (house accounts), and what it owes them (gift vouchers, and deposits
//! for a party).
//!
//! The money itself goes through orders: a voucher or a deposit is a line that is no sale, a guest who pays
//! his account pays an order with one such line, and charging or redeeming is a payment by a tender. So every
//! cent stands in the books once, and receipts and Z reports know of it. What is kept here is each account's
//! entries and its balance, which orders and payments push down through [`ops`].
//!
//! A deposit that is forfeited is the price of something: the house sells its no-show fee, with the tax that
//! bears, and the deposit pays for it.

pub mod http;
pub mod model;
pub mod ops;
mod record;
pub mod sql;

#[cfg(test)]
mod tests;

pub use http::configure;
