//! The thread that moves the windows of all meters.

use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::Inner;

/// What the meters ask for.
const SLICE: Duration = Duration::from_secs(10);
const SLICES_A_MINUTE: u32 = 6;
/// An analysis asks for every statement's plan; figures do not change so fast that it is worth that oftener.
const ANALYSIS_EVERY_MINUTES: u32 = 5;

#[derive(Default)]
struct Bell {
    stopped: Mutex<bool>,
    rung: Condvar,
}

pub(super) struct Ticker {
    bell: Arc<Bell>,
    thread: JoinHandle<()>,
}

impl Ticker {
    /// None where the system has no thread to give; the figures then know only what was since the start.
    pub(super) fn start(inner: Weak<Inner>) -> Option<Self> {
        let bell = Arc::new(Bell::default());
        let heard = Arc::clone(&bell);
        let started = thread::Builder::new().name("figures".to_owned()).spawn(move || tick(&inner, &heard));
        let thread = started.inspect_err(|error| log::error!("no thread for the figures: {error}")).ok()?;
        Some(Self { bell, thread })
    }

    pub(super) fn stop(self) {
        *self.bell.stopped.lock() = true;
        self.bell.rung.notify_all();
        if self.thread.join().is_err() {
            log::error!("the figures' thread panicked");
        }
    }
}

fn tick(inner: &Weak<Inner>, bell: &Bell) {
    let mut next = Instant::now() + SLICE;
    let (mut slices, mut minutes) = (0, 0);
    loop {
        let mut stopped = bell.stopped.lock();
        while !*stopped && Instant::now() < next {
            bell.rung.wait_until(&mut stopped, next);
        }
        if *stopped {
            return;
        }
        drop(stopped);
        let Some(inner) = inner.upgrade() else { return };
        inner.house.store.timing().tick(Instant::now());
        inner.clock_moved_ms(Instant::now(), inner.house.clock.now());
        slices += 1;
        if slices == SLICES_A_MINUTE {
            slices = 0;
            inner.take_minute(minutes % ANALYSIS_EVERY_MINUTES == 0);
            minutes += 1;
        }
        // After a sleep of the machine the missed slices are not made up for: one longer slice says it.
        next = (next + SLICE).max(Instant::now());
    }
}
