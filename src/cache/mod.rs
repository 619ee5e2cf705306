//! Finished answers kept until a commit touches what they were made from.

pub mod tag;

pub use tag::Tag;
