//! The hash-chained record of what happened: audit trail, event stream and outbox in one.
//!
//! Every fact of money, kitchen, staff and settings is one record, written in the savepoint of its
//! effect. Records are never changed: triggers in the schema and the chain itself see to that.

pub mod clock;
pub mod events;
pub mod head;
pub mod http;
pub mod model;
pub mod ops;
pub mod sql;

#[cfg(test)]
mod tests;

pub use events::Hub;
pub use http::configure;
pub use model::Kind;
pub use ops::Stamp;
