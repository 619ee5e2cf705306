//! The HTTP shell: who is asking, what they may, what they sent, and how answers look.
//!
//! It knows no domain. A handler takes a [`Read`] or a [`Write`], whose type parameter is the right
//! the route needs, parses its wire structs, calls its domain's `ops`, and renders.

pub mod body;
pub mod call;
pub mod guard;
mod idempotency;
pub mod list;
pub mod pages;
pub mod problem;
pub mod reply;
pub mod sql;
pub mod trace;

use std::sync::Arc;

use crate::cache::Cache;
use crate::kernel::clock::Clock;
use crate::store::Store;

pub use body::Query;
pub use call::{Anyone, Read, Write};
pub use guard::{Actor, Authenticator, right};
pub use reply::Reply;

/// What every handler reaches: the file, the cache, the clock, and who knows tokens.
pub struct House {
    pub store: Store,
    pub cache: Cache,
    pub clock: Arc<dyn Clock>,
    pub auth: Arc<dyn Authenticator>,
}

/// The largest body a request may bring, in bytes.
pub const BODY_MAX: usize = 512 * 1024;
