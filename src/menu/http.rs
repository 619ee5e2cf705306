//! The menu on the wire.

mod availability;
mod categories;
mod groups;
mod items;
mod stations;
mod taxes;
mod times;
pub(super) mod tree;
mod windows;

use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::cache::{Body, Filled};
use crate::error::{Fault, Faults, Refusal, Result};
use crate::journal::{self, Stamp};
use crate::kernel::clock::Clock;
use crate::kernel::day::UtcMs;
use crate::kernel::invalid::Invalid;
use crate::store::Tx;
use crate::web::Actor;
use crate::web::body::Tried;

pub use availability::AVAILABILITY;
pub use tree::{MENU, configure_menu, warm};

pub fn configure(cfg: &mut ServiceConfig<'_>) {
    availability::configure(cfg);
    items::configure(cfg);
    categories::configure(cfg);
    groups::configure(cfg);
    taxes::configure(cfg);
    times::configure(cfg);
    stations::configure(cfg);
}

fn filled(view: &impl Serialize, until: Option<UtcMs>) -> Result<Filled> {
    let json = serde_json::to_vec(view).map_err(|e| Fault::from_source("the menu does not serialise", e))?;
    let until_ms = until.and_then(|until| u64::try_from(until.get()).ok());
    Ok(Filled { until_ms, ..Filled::from(Body::new(json)) })
}

fn stamp(tx: &Tx<'_>, clock: &dyn Clock, by: &Actor) -> Result<Stamp> {
    journal::ops::stamp(tx, clock, Some(by.device), by.staff)
}

fn found<T>(value: Option<T>, what: &str, id: i64) -> Result<T> {
    value.ok_or_else(|| Refusal::NotFound.because(format!("There is no {what} {id}.")).into())
}

/// A list of words, each with a fault of its own, without repeats.
fn allergens(faults: &mut Faults, pointer: &str, words: &[String]) -> Vec<String> {
    too_many(faults, pointer, words.len(), super::model::ALLERGENS_MAX);
    let mut kept: Vec<String> = Vec::with_capacity(words.len());
    for (i, word) in words.iter().enumerate() {
        if let Some(word) = faults.take(format!("{pointer}/{i}"), super::model::allergen(word))
            && !kept.contains(&word)
        {
            kept.push(word);
        }
    }
    kept
}

fn too_many(faults: &mut Faults, pointer: &str, count: usize, max: usize) {
    if count > max {
        faults.push(pointer, Invalid::new("too_many", format!("at most {max} of them")));
    }
}

/// Ids that each stand once.
fn distinct(faults: &mut Faults, pointer: impl Fn(usize) -> String, ids: &[i64]) {
    for (i, id) in ids.iter().enumerate() {
        if ids.iter().take(i).any(|before| before == id) {
            faults.push(pointer(i), Invalid::new("duplicate", format!("{id} stands here twice")));
        }
    }
}

/// Bodies of the menu, for `crate::fuzz`.
#[doc(hidden)]
pub fn tried() -> impl Iterator<Item = Tried> {
    [items::TRIED, groups::TRIED, taxes::TRIED, times::TRIED, availability::TRIED].into_iter().flatten().copied()
}
