//! The manager's yes at the till of somebody who may not: to one operation, on one thing, for whoever asked
//! at that terminal, once, within two minutes.
//!
//! One place decides, [`ops::allow`]: whether somebody may by their role, whether what they do is small
//! enough to need no yes, and else whether the yes they brought is good for it. It is spent in the
//! transaction of its effect, so that a call that is refused for another reason leaves it to be used.

pub mod http;
pub mod model;
pub mod ops;
mod record;
pub mod sql;

#[cfg(test)]
mod tests;

pub use http::configure;
