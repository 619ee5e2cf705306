//! Every statement of the orders domain, with its row mapper, by what it is about.

pub mod drawers;
pub mod lines;
pub mod list;
pub mod money;
pub mod open;
pub mod order;
pub mod parts;
pub mod receipts;
pub mod verify;
