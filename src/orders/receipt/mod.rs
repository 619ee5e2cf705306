//! The documents a guest gets: the pre-bill, the receipt of a sale, the receipt of a refund.
//!
//! A receipt is numbered without gaps and stored whole when it is issued; a reprint renders what was
//! stored, whatever became of the menu, the staff and the settings since.

pub mod body;
pub mod html;
pub mod http;
pub mod model;
pub mod ops;
pub mod text;
mod wording;

#[cfg(test)]
pub(super) mod tests;

pub use http::Form;
pub use model::{Document, Names, PartOf, RefundDoc, RefundPart};
