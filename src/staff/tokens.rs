//! Who stands behind a token, remembered between calls.

use std::collections::HashMap;
use std::future::Future;
use std::hash::{BuildHasherDefault, Hasher};
use std::pin::Pin;
use std::sync::Arc;

use parking_lot::RwLock;

use super::ops;
use crate::cache::Tag;
use crate::error::Result;
use crate::store::Store;
use crate::web::Actor;
use crate::web::guard::{Authenticator, TokenHash};

/// Tokens remembered at most: the terminals and sessions of a large house several times over.
const REMEMBERED_MAX: usize = 4096;

/// Takes a few bytes of a token's hash for its own: they are as good as random, and only hashes of tokens
/// that exist are ever put in.
#[derive(Default)]
struct Own(u64);

impl Hasher for Own {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_ne_bytes(*first);
        }
    }

    /// An array says its length first.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The tokens seen since somebody was last signed out, changed or revoked.
///
/// It is apart from [`Tokens`], since the store's after-commit hook holds it and must not hold the store.
#[derive(Default)]
pub struct Known(RwLock<Memory>);

#[derive(Default)]
struct Memory {
    actors: HashMap<TokenHash, Actor, BuildHasherDefault<Own>>,
    /// How often everything was forgotten.
    generation: u64,
}

impl Known {
    /// Called after every commit and before its answers: what was looked up before may no longer hold.
    pub fn forget(&self, tags: &[Tag]) {
        if !tags.iter().any(|tag| matches!(tag, Tag::Staff | Tag::Devices)) {
            return;
        }
        let mut memory = self.0.write();
        memory.generation += 1;
        memory.actors.clear();
    }

    pub(super) fn get(&self, hash: &TokenHash) -> Option<Actor> {
        self.0.read().actors.get(hash).cloned()
    }

    /// To be read before a look-up begins.
    pub(super) fn generation(&self) -> u64 {
        self.0.read().generation
    }

    /// Remembers what a look-up found, unless something was forgotten since it began.
    pub(super) fn remember(&self, generation: u64, hash: TokenHash, actor: &Actor) {
        let mut memory = self.0.write();
        if memory.generation != generation {
            return;
        }
        if memory.actors.len() >= REMEMBERED_MAX {
            memory.actors.clear();
        }
        memory.actors.insert(hash, actor.clone());
    }
}

/// Knows tokens: from memory, else from the file.
pub struct Tokens {
    store: Store,
    known: Arc<Known>,
}

impl Tokens {
    /// `known` is the one whose [`Known::forget`] the store's after-commit hook calls.
    pub fn new(store: Store, known: Arc<Known>) -> Self {
        Self { store, known }
    }
}

impl Authenticator for Tokens {
    fn known(&self, hash: &TokenHash) -> Option<Actor> {
        self.known.get(hash)
    }

    fn look_up<'a>(&'a self, hash: TokenHash) -> Pin<Box<dyn Future<Output = Result<Option<Actor>>> + 'a>> {
        Box::pin(async move {
            let generation = self.known.generation();
            let actor = self.store.read(move |db| ops::actor(db, &hash)).await?;
            if let Some(actor) = &actor {
                self.known.remember(generation, hash, actor);
            }
            Ok(actor)
        })
    }
}
