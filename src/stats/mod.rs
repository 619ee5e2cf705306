//! What the server itself does, for whoever keeps it running.

mod http;
mod warm;

pub use http::configure;
pub use warm::{Warmed, warm};
