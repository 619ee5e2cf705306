//! Whether the till server is fast, why not, and what to do: figures, history, alerts, advice, and the
//! calls that show them.
//!
//! [`Stats`] reads what [`crate::timing`] and the store have measured ([`figures`]), judges it
//! ([`alerts`], [`advice`], [`targets`]: pure rules over plain numbers), and keeps minutes and hours in
//! a file of their own ([`history`]). Two threads work for it: one moves the windows of all meters every
//! ten seconds and takes the minute's figures, one keeps the history. Neither is on any request's path,
//! and nothing here can delay or fail an order: the history's file is its own, and losing it loses
//! only what was drawn from it.

pub mod advice;
pub mod alerts;
mod analysis;
pub mod figures;
mod gather;
pub mod history;
mod http;
mod jumps;
mod machine;
mod minute;
mod settings;
mod sql;
pub mod targets;
mod ticker;
mod warm;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::web::Data;
use parking_lot::Mutex;

use crate::error::{Error, Fault, Refusal, Result};
use crate::journal::Hub;
use crate::kernel::day::{UtcMs, Zone};
use crate::store::Statement;
use crate::timing::Registry;
use crate::web::House;
use alerts::{Alert, Raised, Watch};
use figures::{Figures, Finding};
use gather::OfFile;
use history::History;
use ticker::Ticker;

pub use http::configure;
pub use settings::Settings;
pub use warm::{Warmed, warm};

/// A picture of this moment with what is thought of it.
#[derive(Debug, Clone, Default)]
pub struct Picture {
    pub figures: Figures,
    pub alerts: Vec<Raised>,
    pub advice: Vec<advice::Advice>,
    pub targets: Vec<targets::Target>,
}

/// The figures of one server. Clones share them.
#[derive(Clone)]
pub struct Stats(Arc<Inner>);

struct Inner {
    house: Data<House>,
    hub: Hub,
    /// Every statement there is, for plans on demand.
    statements: Vec<&'static Statement>,
    settings: Settings,
    began: Instant,
    started_at: UtcMs,
    cpu: Mutex<machine::Cpu>,
    jumps: Mutex<jumps::Jumps>,
    watch: Mutex<Watch>,
    /// Hits and other askers by namespace, a minute each, the last hour's.
    asked: Mutex<VecDeque<(Instant, Asked)>>,
    findings: Mutex<Vec<Finding>>,
    /// Those of the start: plans that are others than at the last one. None before anybody knows.
    changed: Mutex<Option<Vec<Finding>>>,
    /// What the file told last; none before it was read.
    of_file: Mutex<Option<OfFile>>,
    /// At the last minute.
    totals: Mutex<minute::Totals>,
    history: History,
    live: http::live::Live,
    /// The restaurant's, once it is known.
    zone: Mutex<Option<Zone>>,
    ticker: Mutex<Option<Ticker>>,
    /// For the streams, which all show the same.
    latest: tokio::sync::Mutex<Option<(Instant, Arc<Picture>)>>,
}

/// Hits and other askers, by namespace.
type Asked = Vec<(u64, u64)>;

/// How old a picture may be that streams share.
const SHARED: Duration = Duration::from_millis(1_000);
const HOUR: Duration = Duration::from_secs(3_600);

impl Stats {
    /// Begins to take figures. The history's file is opened by its own thread, whenever that succeeds.
    pub fn start(house: Data<House>, hub: Hub, statements: Vec<&'static Statement>, settings: Settings) -> Self {
        let path = crate::store::side::stats_path(house.store.path());
        let started_at = house.clock.now();
        house.store.timing().set_slow(settings.slow());
        house.store.timing().set_repeats_max(settings.repeats_max);
        let history = History::start(path, settings.history_pages_max, started_at);
        let stats = Self(Arc::new(Inner {
            house,
            hub,
            statements,
            settings,
            began: Instant::now(),
            started_at,
            cpu: Mutex::default(),
            jumps: Mutex::default(),
            watch: Mutex::default(),
            asked: Mutex::default(),
            findings: Mutex::default(),
            changed: Mutex::default(),
            of_file: Mutex::default(),
            totals: Mutex::default(),
            history,
            live: http::live::Live::default(),
            zone: Mutex::default(),
            ticker: Mutex::default(),
            latest: tokio::sync::Mutex::default(),
        }));
        *stats.0.ticker.lock() = Ticker::start(Arc::downgrade(&stats.0));
        stats
    }

    /// Looks for what is wrong with statements and indexes, as is done every five minutes besides.
    async fn analyse(&self) -> Result<()> {
        let inner = Arc::clone(&self.0);
        let plans = self.0.house.store.read(move |db| inner.analyse(db)).await?;
        let inner = Arc::clone(&self.0);
        // The history answers when its disk does; no snapshot is held meanwhile.
        let compared = tokio::task::spawn_blocking(move || inner.compare(plans)).await;
        compared.map_err(|e| Fault::from_source("the plans were not compared", e).into())
    }

    /// Everything as it is now.
    pub async fn picture(&self) -> Result<Arc<Picture>> {
        let now = self.0.house.clock.now();
        // Without the file's part the rest is as true.
        let of_file = match self.0.house.store.read(move |db| OfFile::read(db, now)).await {
            Ok(of_file) => Some(of_file),
            Err(Error::Refused(refused)) if refused.refusal == Refusal::Busy => None,
            Err(error) => return Err(error),
        };
        let inner = Arc::clone(&self.0);
        // Reading all meters takes milliseconds, which an event loop has better uses for.
        let picture = tokio::task::spawn_blocking(move || inner.judged(of_file)).await;
        picture.map(Arc::new).map_err(|e| Fault::from_source("the figures were not read", e).into())
    }

    /// [`Stats::picture`], at most a second old.
    pub async fn shared_picture(&self) -> Result<Arc<Picture>> {
        let mut latest = self.0.latest.lock().await;
        if let Some((at, picture)) = &*latest
            && at.elapsed() < SHARED
        {
            return Ok(Arc::clone(picture));
        }
        let picture = self.picture().await?;
        *latest = Some((Instant::now(), Arc::clone(&picture)));
        Ok(picture)
    }

    /// Takes the figures of the minute now, as the ticker does once a minute, and waits until the
    /// history has dealt with them.
    pub fn take_minute(&self) {
        self.0.take_minute(true);
        self.0.history.settle(Duration::from_secs(5));
    }

    /// The figures with what the file told last, which is not asked; and what is wrong, without a word on
    /// since when: whoever only counts must not make the others forget it.
    fn glance(&self) -> (Figures, Vec<Alert>) {
        let figures = self.0.gather(self.0.known_of_file());
        let alerts = alerts::judge(&figures, &self.0.settings);
        (figures, alerts)
    }

    fn live(&self) -> &http::live::Live {
        &self.0.live
    }

    fn history(&self) -> &History {
        &self.0.history
    }

    fn settings(&self) -> &Settings {
        &self.0.settings
    }

    fn registry(&self) -> &Registry {
        self.0.house.store.timing()
    }

    fn statement(&self, name: &str) -> Option<&'static Statement> {
        self.0.statements.iter().copied().find(|statement| statement.name == name)
    }

    fn pool(&self) -> figures::PoolFigures {
        self.0.pool(Instant::now())
    }

    fn zone(&self) -> Option<Zone> {
        self.0.zone.lock().clone()
    }

    /// Ends the streams of figures.
    pub fn end_streams(&self) {
        self.0.live.stop();
    }

    /// Ends the threads; the history writes what it still has. Blocks, for a second at most.
    pub fn stop(&self) {
        if let Some(ticker) = self.0.ticker.lock().take() {
            ticker.stop();
        }
        self.0.take_minute(false);
        self.0.history.stop(Duration::from_secs(1));
    }
}

impl Inner {
    fn judged(&self, of_file: Option<OfFile>) -> Picture {
        if let Some(of_file) = of_file {
            if let Some(zone) = &of_file.zone {
                *self.zone.lock() = Some(zone.clone());
            }
            *self.of_file.lock() = Some(of_file);
        }
        let figures = self.gather(self.known_of_file());
        let (alerts, news) = self.watch.lock().see(figures.at, alerts::judge(&figures, &self.settings));
        news.tell();
        let advice = advice::advise(&figures);
        let targets = targets::measure(&figures);
        Picture { figures, alerts, advice, targets }
    }

    /// What the file told last. Where it cannot be read just now that is truer than nothing, and an alert
    /// that comes from it does not begin anew.
    fn known_of_file(&self) -> OfFile {
        self.of_file.lock().clone().unwrap_or_default()
    }

    /// Whether the clock can be believed: it was not moved within the hour and does not stand behind the
    /// journal, as far as anybody knows.
    fn is_clock_right(&self, figures: &Figures) -> bool {
        self.of_file.lock().is_some() && figures.system.clock_wrong_ms() <= alerts::CLOCK_MOVED_MS
    }

    /// What was asked of each namespace an hour ago, and whether it is that long ago at all.
    fn hour_ago(&self) -> (Asked, bool) {
        let asked = self.asked.lock();
        let known = asked.front().filter(|(at, _)| at.elapsed() + Duration::from_secs(90) >= HOUR);
        (known.map(|(_, counts)| counts.clone()).unwrap_or_default(), known.is_some())
    }

    fn note_asked(&self) {
        let counts = self.house.cache.stats().iter().map(|s| (s.hits, s.misses + s.waits)).collect();
        let mut asked = self.asked.lock();
        asked.push_back((Instant::now(), counts));
        while asked.front().is_some_and(|(at, _)| at.elapsed() > HOUR) {
            asked.pop_front();
        }
    }

    /// The last minute goes to the history, with what is thought of it now; with an analysis, which takes
    /// tens of ms, where it is due.
    fn take_minute(&self, analysis: bool) {
        self.note_asked();
        let now = self.house.clock.now();
        let read = self.house.store.read_blocking(|db| {
            let plans = if analysis { self.analyse(db)? } else { None };
            Ok((OfFile::read(db, now)?, plans))
        });
        let read = read.inspect_err(|error| log::debug!("the figures lack what the file tells: {error}")).ok();
        let (of_file, plans) = read.map_or((None, None), |(of_file, plans)| (Some(of_file), plans));
        self.compare(plans);
        let picture = self.judged(of_file);
        self.history.keep(self.minute(&picture));
    }
}
