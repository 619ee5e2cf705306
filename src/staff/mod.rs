//! Who works here and on which terminals: staff and their PINs, devices and their pairing, sessions,
//! and the tokens that stand for them on every call.
//!
//! Nothing here keeps a secret: a PIN is stored as its Argon2id hash, a token or pairing code as its
//! SHA-256. A session belongs to the device it began on and ends with it.

pub mod http;
pub mod model;
pub mod ops;
pub mod pin;
mod records;
pub mod secret;
pub mod sql;
pub mod tokens;
pub mod viewing;

#[cfg(test)]
mod tests;

pub use http::configure;
pub use tokens::{Known, Tokens};
