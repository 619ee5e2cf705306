//! Orders: what guests asked for, what it costs, what was paid.
//!
//! An order is loaded whole ([`load`]), changed in memory, priced by one pure function ([`bill`],
//! through [`price`]) and written where it moved ([`save`]). Payments are decided one floor above and
//! written here, so that taking money and closing what it pays are one transaction.

pub mod bill;
pub mod facts;
pub mod http;
pub mod list;
pub mod load;
pub mod model;
pub mod ops;
pub mod pass;
pub mod price;
pub mod receipt;
pub mod record;
pub mod save;
pub mod sql;

pub use http::configure;
