//! Answers that screens ask for again and again are made anew as soon as a commit has let them go, so that
//! the next who asks finds them ready instead of waiting for a query.
//!
//! A room full of tablets asks every second or two for what is open; every order makes that list old. Who
//! asked twice within a few seconds (`cache.ahead_s`) is taken for a screen that will ask again. What nobody asks for any
//! more is left alone, a rush of commits is followed at most once in [`REST`], and the answers are made one
//! after the other, so that never more than one reader is kept from those who wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::rt;
use actix_web::web::Data;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::House;
use crate::cache::{Cache, Filled, Key, Tag};
use crate::error::{Error, Result};
use crate::store::Snapshot;

/// Between two rounds.
const REST: Duration = Duration::from_millis(20);
/// Answers followed at a time; screens of one restaurant show few different ones.
const SPOTS_MAX: usize = 32;

/// Reads an answer anew.
pub type Fill = Arc<dyn Fn(&Snapshot) -> Result<Filled> + Send + Sync>;

#[derive(Clone)]
struct Spot {
    key: Key,
    tags: Vec<Tag>,
    fill: Fill,
    /// UTC milliseconds.
    asked_ms: u64,
    /// Asked for more than once, with no long pause between.
    again: bool,
}

/// What is asked for again and again.
pub struct Ahead {
    /// Nobody asked for so long: no screen shows it any more.
    recent_ms: u64,
    spots: Mutex<Vec<Spot>>,
    any: AtomicBool,
    committed: Notify,
}

impl Ahead {
    /// Makes anew what was asked for within `recent_ms`; nothing at all where that is 0.
    pub fn new(recent_ms: u64) -> Self {
        Self { recent_ms, spots: Mutex::default(), any: AtomicBool::new(false), committed: Notify::new() }
    }

    /// Somebody asked for what was not ready.
    pub(super) fn asked(&self, key: &Key, tags: &[Tag], fill: &Fill, now_ms: u64) {
        if self.recent_ms == 0 {
            return;
        }
        let mut spots = self.spots.lock();
        if let Some(spot) = spots.iter_mut().find(|spot| spot.key == *key) {
            spot.asked_at(now_ms, self.recent_ms);
            return;
        }
        let new =
            Spot { key: key.clone(), tags: tags.to_vec(), fill: Arc::clone(fill), asked_ms: now_ms, again: false };
        if spots.len() < SPOTS_MAX {
            spots.push(new);
        } else if let Some(oldest) = spots.iter_mut().min_by_key(|spot| spot.asked_ms) {
            *oldest = new;
        }
        self.any.store(true, Ordering::Relaxed);
    }

    /// A commit let something go. Called on the writer's thread, so it does next to nothing.
    pub fn wake(&self) {
        if self.any.load(Ordering::Relaxed) {
            self.committed.notify_one();
        }
    }

    /// What is asked for often enough and does not hold.
    fn due(&self, cache: &Cache, now_ms: u64) -> Vec<Spot> {
        let mut spots = self.spots.lock();
        let mut due = Vec::new();
        spots.retain_mut(|spot| {
            let seen = cache.glance(&spot.key);
            if let Some(seen) = seen.filter(|seen| seen.hits > 0) {
                spot.asked_at(seen.used_ms, self.recent_ms);
            }
            // By a clock that was set back nothing was asked for lately: who asks stands here anew.
            let recent = now_ms.abs_diff(spot.asked_ms) <= self.recent_ms;
            if recent && spot.again && !seen.is_some_and(|seen| seen.holds) {
                due.push(spot.clone());
            }
            recent
        });
        self.any.store(!spots.is_empty(), Ordering::Relaxed);
        due
    }

    fn forget(&self, key: &Key) {
        self.spots.lock().retain(|spot| spot.key != *key);
    }
}

impl Spot {
    fn asked_at(&mut self, ms: u64, recent_ms: u64) {
        self.again = ms.abs_diff(self.asked_ms) <= recent_ms;
        self.asked_ms = self.asked_ms.max(ms);
    }
}

/// Follows commits as long as the server runs.
pub async fn follow(house: Data<House>) {
    loop {
        house.ahead.committed.notified().await;
        for spot in house.ahead.due(&house.cache, house.now_ms()) {
            let Spot { key, tags, fill, asked_ms, .. } = spot;
            match house.cache.refill(&key, &tags, asked_ms, || house.store.read(move |db| fill(db))).await {
                Ok(_) => {}
                // Readers are busy: who asks is served first, and asks for it then.
                Err(Error::Refused(_)) => {}
                Err(Error::Fault(fault)) => {
                    log::warn!("{key} is not made ready: {fault}");
                    house.ahead.forget(&key);
                }
            }
        }
        rt::time::sleep(REST).await;
    }
}
