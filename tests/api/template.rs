//! What every house begins with: made once for a build, then copied.

use std::path::Path;
use std::sync::Arc;

use comanda::cache::Tag;
use comanda::store::{self, AfterCommit, Store};

struct Silent;

impl AfterCommit for Silent {
    fn invalidate(&self, _: &[Tag]) {}
    fn wake(&self) {}
}

/// A file of the newest schema with nothing in it.
pub fn empty(db: &Path) {
    let store = Store::open(store::Config::new(db), Arc::new(Silent), &[]).unwrap_or_else(|error| panic!("{error}"));
    store.stop();
}
