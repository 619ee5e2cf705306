//! The documents a guest gets: the pre-bill, the receipts of a sale, of a refund, and of a wrong tender set right.
//!
//! A receipt is numbered without gaps and stored whole when it is issued; a reprint renders what was
//! stored, whatever became of the menu, the staff and the settings since. How it is worded and laid out,
//! and by which law, is the business of `words`: a table a country.

pub mod body;
pub mod html;
pub mod http;
pub mod model;
pub mod ops;
pub mod text;
mod wording;
mod words;

#[cfg(test)]
pub(super) mod tests;

pub use model::{Document, Names, PartOf, RefundDoc, RefundPart};
