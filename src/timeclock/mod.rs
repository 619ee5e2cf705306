//! The time clock: who works from when to when, what that costs, and how tips are parted by it.
//!
//! An entry is real elapsed time, whatever the clock on the wall did meanwhile, and belongs to the
//! business date on which it begins. What a manager sets right is journaled with what it was before; an
//! entry made by mistake is cancelled, and stays.

mod http;
pub mod model;
pub mod ops;
pub mod pool;
pub mod record;
pub mod sql;
pub mod verify;

#[cfg(test)]
mod tests;

pub use http::configure;
