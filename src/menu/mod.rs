//! What is sold: categories, items with their variants and modifiers, tax classes, and what is 86.
//!
//! A terminal reads the whole tree in one call and keeps it; `version` tells it when to read again.
//! An order takes snapshots of what it sells, so an edit here never moves an open check. What is
//! archived keeps its row, and rates are never changed but replaced, so that history reads as it was.
//!
//! How much of a thing is left ([`model::Stock`]) is apart from the tree and not counted by its
//! version: a countdown changes with every order, the menu with every season.

mod http;
pub mod model;
pub mod ops;
pub mod sql;

#[cfg(test)]
mod tests;

pub use http::{AVAILABILITY, MENU, configure, configure_menu, tried, warm};
