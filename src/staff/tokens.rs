//! Who stands behind a token, remembered between calls.

use std::collections::HashMap;
use std::future::Future;
use std::hash::{BuildHasherDefault, Hasher};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use parking_lot::RwLock;

use super::ops;
use crate::cache::Tag;
use crate::error::Result;
use crate::kernel::clock::Clock;
use crate::kernel::day::UtcMs;
use crate::kernel::ids::SessionId;
use crate::kernel::permission::Role;
use crate::store::{Store, Tx};
use crate::web::Actor;
use crate::web::guard::{Authenticator, Comes, TokenHash};

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
pub struct Known {
    memory: RwLock<Memory>,
    /// How long a session lasts that nobody uses.
    idle_ms: Option<i64>,
}

#[derive(Default)]
struct Memory {
    actors: HashMap<TokenHash, Remembered, BuildHasherDefault<Own>>,
    /// How often everything was forgotten.
    generation: u64,
}

/// Somebody, and for a session when a call last came with its token: now, and as the file has it, in ms.
struct Remembered {
    actor: Actor,
    seen: AtomicI64,
    kept: AtomicI64,
}

/// Who hangs on a wall is used by being looked at: a kitchen's screen, which shows no money, is in use as long
/// as its stream runs.
fn uses(actor: &Actor, comes: Comes) -> bool {
    comes == Comes::Call || actor.role == Some(Role::Kitchen)
}

impl Known {
    /// Sessions end that nobody has used for so many ms.
    pub fn idle_after(idle_ms: Option<i64>) -> Self {
        Self { idle_ms, ..Self::default() }
    }

    /// Called after every commit and before its answers: what was looked up before may no longer hold.
    pub fn forget(&self, tags: &[Tag]) {
        if !tags.iter().any(|tag| matches!(tag, Tag::Staff | Tag::Devices)) {
            return;
        }
        let mut memory = self.memory.write();
        memory.generation += 1;
        memory.actors.clear();
    }

    fn is_idle(&self, seen: i64, now: UtcMs) -> bool {
        self.idle_ms.is_some_and(|idle_ms| now.get().saturating_sub(seen) >= idle_ms)
    }

    pub(super) fn get(&self, hash: &TokenHash, comes: Comes, now: UtcMs) -> Option<Actor> {
        let memory = self.memory.read();
        let remembered = memory.actors.get(hash)?;
        let actor = &remembered.actor;
        if actor.session.is_some() {
            if self.is_idle(remembered.seen.load(Relaxed), now) {
                return None;
            }
            if uses(actor, comes) {
                remembered.seen.store(now.get(), Relaxed);
            }
        }
        Some(actor.clone())
    }

    /// To be read before a look-up begins.
    pub(super) fn generation(&self) -> u64 {
        self.memory.read().generation
    }

    /// Remembers what a look-up found, unless something was forgotten since it began. `kept` is when, as the file
    /// has it, a call last came with a session's token, and `seen` the same as it is now.
    pub(super) fn remember(&self, generation: u64, hash: TokenHash, actor: &Actor, (kept, seen): (UtcMs, UtcMs)) {
        let mut memory = self.memory.write();
        if memory.generation != generation {
            return;
        }
        if memory.actors.len() >= REMEMBERED_MAX {
            memory.actors.clear();
        }
        let (kept, seen) = (AtomicI64::new(kept.get()), AtomicI64::new(seen.get()));
        memory.actors.insert(hash, Remembered { actor: actor.clone(), seen, kept });
    }

    /// Sessions used since the file was last told; they count as told.
    fn unkept(&self) -> Vec<(SessionId, UtcMs)> {
        let memory = self.memory.read();
        let used = memory.actors.values().filter_map(|remembered| {
            let seen = remembered.seen.load(Relaxed);
            let session = remembered.actor.session?;
            (remembered.kept.swap(seen, Relaxed) != seen).then_some((session, UtcMs::new(seen)))
        });
        used.collect()
    }
}

/// Knows tokens: from memory, else from the file.
pub struct Tokens {
    store: Store,
    clock: Arc<dyn Clock>,
    known: Arc<Known>,
}

impl Tokens {
    /// `known` is the one whose [`Known::forget`] the store's after-commit hook calls.
    pub fn new(store: Store, clock: Arc<dyn Clock>, known: Arc<Known>) -> Self {
        Self { store, clock, known }
    }

    /// Writes down which sessions are in use, so that none seems idle after a restart. To be called once a
    /// minute.
    pub async fn keep_seen(&self) {
        let used = self.known.unkept();
        if used.is_empty() || self.known.idle_ms.is_none() {
            return;
        }
        if let Err(error) = self.store.write(move |tx| ops::seen(tx, &used)).await {
            log::debug!("it was not kept which sessions are in use: {error}");
        }
    }
}

impl Authenticator for Tokens {
    fn known(&self, hash: &TokenHash, comes: Comes) -> Option<Actor> {
        self.known.get(hash, comes, self.clock.now())
    }

    fn look_up<'a>(
        &'a self,
        hash: TokenHash,
        comes: Comes,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Actor>>> + 'a>> {
        Box::pin(async move {
            let generation = self.known.generation();
            let Some((actor, kept)) = self.store.read(move |db| ops::actor(db, &hash)).await? else { return Ok(None) };
            let now = self.clock.now();
            let kept = kept.unwrap_or(now);
            if self.known.is_idle(kept.get(), now) {
                return Ok(None);
            }
            let seen = if uses(&actor, comes) { now } else { kept };
            self.known.remember(generation, hash, &actor, (kept, seen));
            Ok(Some(actor))
        })
    }

    fn still(&self, tx: &Tx<'_>, by: &Actor, now: UtcMs) -> Result<()> {
        ops::still(tx, by, now)
    }
}
