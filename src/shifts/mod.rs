//! The business day: what it came to so far (X), and its numbered end (Z).
//!
//! A Z covers everything booked since the one before it, whatever business date that carries; its
//! text is stored whole and never made again. What is still open is told by orders and payments as
//! it happens ([`ops::order_opened`] and the like), since a lower floor asks nothing upwards.

mod http;
pub mod model;
pub mod ops;
mod paper;
mod record;
pub mod sql;

#[cfg(test)]
mod tests;

pub use http::configure;
