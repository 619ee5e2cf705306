//! What every part of a run shares: where it asks, as whom, what it measured, whether it goes on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use parking_lot::Mutex;
use tokio::sync::watch;

use super::client::{Answer, Ask, Connection, Server, Trouble};
use super::clock::Clock;
use super::measure::{Sheet, micros};
use super::observe::Observed;
use super::sign_in::Pads;
use super::till::Books;
use crate::cli::Failed;
use crate::timing::{Histogram, nanos};

#[derive(Debug)]
pub(super) struct Run {
    pub(super) server: Server,
    token: String,
    patience: Duration,
    pub(super) sheet: Sheet,
    pub(super) books: Books,
    pub(super) bar: ProgressBar,
    clock: Clock,
    pub(super) pads: Pads,
    /// The row in which everything is counted once more.
    whole: Option<&'static str>,
    /// How late this program itself was at the moments of its schedule.
    late: Histogram,
    pub(super) observed: Observed,
    /// What the report says beside its figures.
    notes: Mutex<Vec<String>>,
    stop: watch::Sender<bool>,
    key_prefix: String,
    keys: AtomicU64,
}

impl Run {
    pub(super) fn new(server: Server, token: String, patience: Duration, bar: ProgressBar) -> Result<Self, Failed> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|error| Failed(error.to_string()))?;
        Ok(Self {
            server,
            token,
            patience,
            sheet: Sheet::default(),
            books: Books::default(),
            bar,
            clock: Clock::start(),
            pads: Pads::default(),
            whole: None,
            late: Histogram::default(),
            observed: Observed::default(),
            notes: Mutex::default(),
            stop: watch::Sender::new(false),
            // Keys are remembered for a week, those of an earlier run too.
            key_prefix: format!("load-{:016x}", u64::from_le_bytes(random)),
            keys: AtomicU64::new(0),
        })
    }

    /// Counts every request in a row of this name too, which comes first.
    pub(super) fn counted_in(mut self, whole: &'static str) -> Self {
        self.sheet.begin(whole);
        self.whole = Some(whole);
        self
    }

    pub(super) fn key(&self) -> String {
        format!("{}-{}", self.key_prefix, self.keys.fetch_add(1, Ordering::Relaxed))
    }

    /// A connection of its own, as a terminal has one.
    pub(super) fn connection(&self) -> Result<Connection, Failed> {
        self.connection_as(Some(&self.token))
    }

    pub(super) fn connection_as(&self, token: Option<&str>) -> Result<Connection, Failed> {
        Connection::new(&self.server, token, self.patience).map_err(Failed)
    }

    /// One that waits as long as it takes.
    pub(super) fn patient_connection(&self) -> Result<Connection, Failed> {
        Connection::new(&self.server, Some(&self.token), Duration::from_secs(3600)).map_err(Failed)
    }

    /// Connections, opened before anything is measured.
    pub(super) async fn connections(&self, count: usize) -> Result<Vec<Connection>, Failed> {
        let mut opened = Vec::with_capacity(count);
        for _ in 0..count {
            let mut connection = self.connection()?;
            connection.open().await.map_err(|trouble| self.silent(&trouble))?;
            opened.push(connection);
        }
        Ok(opened)
    }

    pub(super) fn silent(&self, trouble: &Trouble) -> Failed {
        let url = &self.server.url;
        Failed(format!("Nothing answers at {url}: {trouble}. Start it with comanda serve, or name it with --url."))
    }

    /// Asks, as a part of `name`, what should have been asked at `from`.
    pub(super) async fn timed(
        &self,
        name: &str,
        from: Instant,
        at: &mut Connection,
        ask: &Ask,
    ) -> Result<Answer, Trouble> {
        let outcome = at.send(ask).await;
        for name in self.whole.into_iter().chain([name]) {
            self.sheet.note(name, from, &outcome);
        }
        outcome
    }

    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }

    pub(super) fn stopping(&self) -> bool {
        *self.stop.borrow()
    }

    pub(super) async fn stopped(&self) {
        let mut stop = self.stop.subscribe();
        // Its sender is this run's own.
        let _ = stop.wait_for(|stop| *stop).await;
    }

    /// Waits for `due`; false where the run ends before.
    pub(super) async fn until(&self, due: Instant) -> bool {
        let ahead = due > Instant::now();
        tokio::select! {
            () = self.stopped() => return false,
            () = self.clock.until(due) => {}
        }
        if ahead {
            self.late.record(nanos(due.elapsed()));
        }
        !self.stopping()
    }

    pub(super) fn remark(&self, what: impl Into<String>) {
        self.notes.lock().push(what.into());
    }

    pub(super) fn remarks(&self) -> Vec<String> {
        self.notes.lock().clone()
    }

    /// The 99th percentile of this program's own lateness, where it had a schedule.
    pub(super) fn late_us(&self) -> Option<u64> {
        let late = micros(self.late.read().percentile(9_900));
        (late > 0).then_some(late)
    }
}
