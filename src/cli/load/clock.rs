//! Wakes tasks at their moments.
//!
//! The runtime's own timer counts whole milliseconds, which is more than many an answer takes; a thread
//! that sleeps is exact to some ten microseconds.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

struct Call {
    due: Instant,
    wake: oneshot::Sender<()>,
}

impl PartialEq for Call {
    fn eq(&self, other: &Self) -> bool {
        self.due == other.due
    }
}

impl Eq for Call {}

impl PartialOrd for Call {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Call {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.due.cmp(&other.due)
    }
}

/// The thread ends with the last one of these.
#[derive(Debug, Clone)]
pub(super) struct Clock(Sender<Call>);

impl Clock {
    pub(super) fn start() -> Self {
        let (sender, calls) = channel::<Call>();
        thread::spawn(move || {
            let mut waiting: BinaryHeap<Reverse<Call>> = BinaryHeap::new();
            loop {
                let now = Instant::now();
                while waiting.peek().is_some_and(|next| next.0.due <= now) {
                    // Who asked may have gone.
                    let _ = waiting.pop().map(|next| next.0.wake.send(()));
                }
                let next = waiting.peek().map_or(Duration::from_secs(3600), |next| next.0.due - now);
                match calls.recv_timeout(next) {
                    Ok(call) => waiting.push(Reverse(call)),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        });
        Self(sender)
    }

    /// Returns at `due`, at once where that is past.
    pub(super) async fn until(&self, due: Instant) {
        let (wake, woken) = oneshot::channel();
        if due > Instant::now() && self.0.send(Call { due, wake }).is_ok() {
            let _ = woken.await;
        }
    }
}
