//! Who works here and on which terminals: staff and their PINs, devices and their pairing, sessions,
//! and the tokens that stand for them on every call.
//!
//! Nothing here keeps a secret: a PIN is stored as its Argon2id hash, a token or pairing code as its
//! SHA-256. A session belongs to the device it began on and ends with it, or when nobody uses it. A try at a
//! PIN or a code is counted, in the file, before it is looked at; a write is done only if whoever sent it is
//! still somebody when its turn comes.

mod defences;
pub mod http;
pub mod model;
pub mod ops;
pub mod pin;
mod records;
pub mod secret;
pub mod sql;
pub mod tokens;
pub mod trying;
pub mod viewing;

#[cfg(test)]
mod tests;

pub use http::configure;
pub use tokens::{Known, Tokens};
