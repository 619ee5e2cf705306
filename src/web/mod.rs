//! The HTTP shell: who is asking, what they may, what they sent, and how answers look.
//!
//! It knows no domain. A handler takes a [`Read`] or a [`Write`], whose type parameter is the right
//! the route needs, parses its wire structs, calls its domain's `ops`, and renders.

pub mod ahead;
pub mod body;
pub mod call;
mod deadline;
mod doors;
mod form;
pub mod guard;
pub mod held;
mod idempotency;
pub mod limits;
pub mod list;
mod packed;
pub mod pages;
pub mod problem;
pub mod ready;
pub mod reply;
pub mod retry;
mod routes;
pub mod seats;
pub mod shell;
pub mod sql;
pub mod tls;
mod trace;
mod trust;
pub mod turns;
mod unread;
pub mod wire;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::web::Data;

use crate::cache::{Body, Cache, Filled, Key, Outcome, Tag};
use crate::error::Result;
use crate::kernel::clock::Clock;
use crate::store::{Snapshot, Store};
use crate::timing;

pub use ahead::Ahead;
pub use body::Query;
pub use call::{Anyone, Read, Write, WritePin};
pub use doors::Doors;
pub use form::Form;
pub use guard::{Actor, Authenticator, Right, right};
pub use idempotency::KEY_CHARS_MAX;
pub use limits::Limits;
pub use ready::Ready;
pub use reply::{BY_FORM_AND_CODING, Reply};
pub use tls::Tls;

/// What every handler reaches: the file, the cache, the clock, who knows tokens, by which names it is asked,
/// and how much may be asked.
pub struct House {
    pub store: Store,
    pub cache: Cache,
    pub clock: Arc<dyn Clock>,
    pub auth: Arc<dyn Authenticator>,
    pub doors: Doors,
    pub limits: Limits,
    pub ahead: Arc<Ahead>,
    /// Where whoever is on the LAN is to speak TLS.
    pub tls: Option<Arc<Tls>>,
}

impl House {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.clock.now().get()).unwrap_or_default()
    }

    /// What is ready, or what `fill` reads.
    pub async fn ready<R: Right>(
        &self,
        ready: &Ready<R>,
        fill: impl FnOnce(&Snapshot) -> Result<Filled> + Send + 'static,
    ) -> Result<(Arc<Body>, Outcome)> {
        self.cached(ready.key(), ready.tags.to_vec(), fill).await
    }

    /// The body under `key`, or what `fill` reads on a snapshot, off the event loop.
    pub async fn cached(
        &self,
        key: Key,
        tags: Vec<Tag>,
        fill: impl FnOnce(&Snapshot) -> Result<Filled> + Send + 'static,
    ) -> Result<(Arc<Body>, Outcome)> {
        // A fill is a task of its own; what it runs is its asker's all the same.
        let (store, sheet) = (self.store.clone(), timing::current().unwrap_or_default());
        let fill = move || timing::along(sheet, async move { store.read(fill).await });
        self.cache.get_or_fill(key, tags, fill).await
    }
}

/// Fills one of a domain's answers before somebody asks for it.
pub type Warmer = fn(Data<House>) -> Warming;
pub type Warming = Pin<Box<dyn Future<Output = Result<Outcome>>>>;

/// What is worth having ready, by name: every domain's [`Warmer`]s.
pub struct Warmers(pub &'static [(&'static str, Warmer)]);

/// The largest body a request may bring, in bytes.
pub const BODY_MAX: usize = 512 * 1024;
