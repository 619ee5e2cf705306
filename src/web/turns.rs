//! Requests under way: counted, so that stopping waits for them and for nothing else, and so that there are
//! never more at a time than the house can serve.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;
use parking_lot::{Condvar, Mutex};

/// A body of more bytes than this is counted until it is sent: it does not fit a socket's buffer.
const AT_ONCE_BYTES: u64 = 64 * 1024;

#[derive(Debug, Default)]
pub struct Turns {
    running: AtomicUsize,
    /// Of those, answered: what is left is to send a stream or a long body, at its reader's pace.
    sending: AtomicUsize,
    /// Of those, waited for: their bodies come at their senders' pace.
    receiving: AtomicUsize,
    stopping: AtomicBool,
    lock: Mutex<()>,
    ended: Condvar,
}

/// One request under way.
#[derive(Debug)]
pub struct Turn {
    turns: Arc<Turns>,
    sends: bool,
}

impl Turns {
    /// Counts a request; `None` where no more are taken.
    pub fn enter(self: &Arc<Self>) -> Option<Turn> {
        self.running.fetch_add(1, SeqCst);
        let turn = Turn { turns: Arc::clone(self), sends: false };
        (!self.stopping()).then_some(turn)
    }

    /// Requests that wait for their answer; those of event streams and of long bodies on their way, out or in, do
    /// not count: whoever takes their time over them would leave no room for others.
    pub fn under_way(&self) -> usize {
        self.running.load(SeqCst).saturating_sub(self.sending.load(SeqCst) + self.receiving.load(SeqCst))
    }

    /// A request's body is waited for while this is held.
    pub(super) fn receiving(&self) -> Receiving<'_> {
        self.receiving.fetch_add(1, SeqCst);
        Receiving(&self.receiving)
    }

    pub fn stopping(&self) -> bool {
        self.stopping.load(SeqCst)
    }

    /// Takes no more requests.
    pub fn close(&self) {
        self.stopping.store(true, SeqCst);
    }

    /// Waits until all have ended; whether they did within `wait`.
    pub fn wait(&self, wait: Duration) -> bool {
        let mut guard = self.lock.lock();
        let under_way = |(): &mut ()| self.running.load(SeqCst) > 0;
        !self.ended.wait_while_for(&mut guard, under_way, wait).timed_out()
    }
}

impl Turn {
    /// It is answered and only sends.
    fn sending(mut self) -> Self {
        if !self.sends {
            self.sends = true;
            self.turns.sending.fetch_add(1, SeqCst);
        }
        self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let turns = &self.turns;
        // In this order: for a moment one too few seems to be under way, never one too many.
        let before = turns.running.fetch_sub(1, SeqCst);
        if self.sends {
            turns.sending.fetch_sub(1, SeqCst);
        }
        if before == 1 && turns.stopping() {
            // Under the lock, so that it does not fall between the waiter's look and its wait.
            let _lock = turns.lock.lock();
            turns.ended.notify_all();
        }
    }
}

pub(super) struct Receiving<'t>(&'t AtomicUsize);

impl Drop for Receiving<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// A body that is part of its request's turn.
struct Held {
    body: BoxBody,
    _turn: Turn,
}

impl MessageBody for Held {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(cx)
    }
}

/// Whether a body is sent by more than the one write that follows its making. What is not is on its way
/// before its event loop hears that the server stops.
pub(super) fn is_long(body: &BoxBody) -> bool {
    match body.size() {
        BodySize::Stream => true,
        BodySize::Sized(bytes) => bytes > AT_ONCE_BYTES,
        BodySize::None => false,
    }
}

/// The body, counted until it was sent where that takes more than one write.
pub(super) fn hold(body: BoxBody, turn: Turn) -> BoxBody {
    if is_long(&body) { BoxBody::new(Held { body, _turn: turn.sending() }) } else { body }
}
