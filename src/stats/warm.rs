//! Making ready what will be asked for.

use std::time::{Duration, Instant};

use actix_web::web::Data;

use crate::cache::Outcome;
use crate::error::{Error, Result};
use crate::web::{House, Warmer};

/// How one warmer fared.
pub struct Warmed {
    pub name: &'static str,
    /// Whether it was there, was made now, or was just being made.
    pub outcome: Result<Outcome>,
    pub took: Duration,
}

/// Runs all warmers, one after the other, so that whoever asks meanwhile finds readers free.
pub async fn warm(house: &Data<House>, warmers: &'static [(&'static str, Warmer)]) -> Vec<Warmed> {
    let mut all = Vec::with_capacity(warmers.len());
    for (name, warmer) in warmers {
        let began = Instant::now();
        let outcome = warmer(house.clone()).await;
        match &outcome {
            Ok(_) => {}
            Err(Error::Refused(refused)) => log::info!("{name} is not made ready: {}", refused.refusal.code()),
            Err(Error::Fault(fault)) => log::warn!("{name} is not made ready: {fault}"),
        }
        all.push(Warmed { name, outcome, took: began.elapsed() });
    }
    all
}
