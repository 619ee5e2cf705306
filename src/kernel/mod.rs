//! Words every domain shares, pure: no database, no HTTP, no JSON, no clock but the one it is handed.
//!
//! A value of one of these types is right by construction: what came from outside went through
//! `parse`, which answers an [`invalid::Invalid`]; `new` is for what this house wrote itself.

pub mod allocate;
pub mod clock;
pub mod currency;
pub mod day;
mod decimal;
pub mod ids;
pub mod invalid;
pub mod money;
pub mod pan;
pub mod paper;
pub mod permission;
pub mod quantity;
pub mod rate;
pub mod service;
pub mod tax;
pub mod text;
pub(crate) mod words;
pub mod wrong;

#[cfg(test)]
mod tests;
