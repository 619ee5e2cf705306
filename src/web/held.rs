//! Connections as sockets: how many an address may hold, and how long one may hold what it gives nothing for.
//!
//! The framework times the head of a connection's first request and the silence after an answer. Between the two
//! a connection could be held for ever: by half a second request, by a body that nobody reads, by an answer that
//! its asker does not take. So an exchange that was begun has a time within which something of its answer is
//! written, and an answer one within which something of it is taken.
//!
//! Nor does it bound what is asked on one connection before anything of it was answered: as many requests as there
//! are in what was read are taken at once, before anybody else has a turn, and wait in memory. So of those only one
//! is answered at a turn, little is read at a time, and little ahead of what was answered, unless a body is what is
//! waited for, or a head, which the framework bounds; and nothing while an answer is not taken.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// Bytes read ahead of what was answered, once anything was asked.
const AHEAD: usize = 8 * 1024;
/// Bytes read before others have their turn: an order of some twenty lines.
const TURN: usize = 2048;

thread_local! {
    /// Where a turn's bytes are read to: once more copied, and never cleared, as a buffer would be at every turn.
    static FEW: RefCell<[u8; TURN]> = const { RefCell::new([0; TURN]) };
}

/// Whether what comes on a connection is read as it comes. Requests reach it as data of their connection.
#[derive(Debug, Default)]
pub struct Pace {
    free: Cell<bool>,
    /// A request has come of what was read since something was written.
    asked: Cell<bool>,
    /// One has come in this turn.
    had_turn: Cell<bool>,
    /// Nothing of it is read any more.
    cut: Cell<bool>,
    /// Whoever was told to wait.
    waits: RefCell<Option<Waker>>,
}

/// A body is read as it comes while this is held.
#[derive(Debug)]
pub(super) struct Freely(Rc<Pace>);

impl Pace {
    pub(super) fn freely(self: &Rc<Self>) -> Freely {
        self.free.set(true);
        self.go_on();
        Freely(Rc::clone(self))
    }

    /// A request has come. Whether it is not the first one of this turn, and waits for the next.
    pub(super) fn asked(&self) -> bool {
        self.asked.set(true);
        self.had_turn.replace(true)
    }

    /// Ends the connection at its next turn, whatever else was asked on it.
    pub(super) fn cut(&self) {
        self.cut.set(true);
    }

    fn go_on(&self) {
        if let Some(waits) = self.waits.take() {
            waits.wake();
        }
    }
}

impl Drop for Freely {
    fn drop(&mut self) {
        self.0.free.set(false);
    }
}

/// Who holds connections, and how many.
#[derive(Debug, Default)]
pub struct Holders(Arc<Mutex<HashMap<IpAddr, u32>>>);

/// One connection of an address; given up when dropped.
#[derive(Debug)]
pub(super) struct Holder {
    address: IpAddr,
    holders: Arc<Mutex<HashMap<IpAddr, u32>>>,
}

impl Holders {
    /// One more connection, `None` where the address has its share. A `max` of 0 is none.
    pub(super) fn one_more(&self, address: IpAddr, max: u32) -> Option<Holder> {
        let mut holders = self.0.lock();
        let held = holders.entry(address).or_default();
        if max > 0 && *held >= max {
            return None;
        }
        *held += 1;
        Some(Holder { address, holders: Arc::clone(&self.0) })
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let mut holders = self.holders.lock();
        if let Some(held) = holders.get_mut(&self.address) {
            *held -= 1;
            if *held == 0 {
                holders.remove(&self.address);
            }
        }
    }
}

/// A place for one connection, from the moment it was accepted.
#[derive(Debug)]
pub struct Hold {
    /// `None` where nobody counts.
    pub(super) _holder: Option<Holder>,
    pub(super) patience: Duration,
}

/// A connection's bytes, timed.
#[derive(Debug)]
pub struct Held<T> {
    bytes: T,
    hold: Hold,
    /// Since when something is owed: an answer by us, or by its asker that it takes one.
    owed: Option<Instant>,
    /// Made when first needed, and moved only when it rings: most exchanges are over long before.
    alarm: Option<Pin<Box<Sleep>>>,
    /// The last write found no room.
    full: bool,
    pace: Rc<Pace>,
    /// Bytes read since something was written, and since others had their turn.
    ahead: usize,
    turn: usize,
}

impl<T> Held<T> {
    pub fn new(bytes: T, hold: Hold) -> Self {
        Self { bytes, hold, owed: None, alarm: None, full: false, pace: Rc::default(), ahead: 0, turn: 0 }
    }

    /// For its requests.
    pub fn pace(&self) -> Rc<Pace> {
        Rc::clone(&self.pace)
    }

    /// The connection itself.
    pub fn bytes(&self) -> &T {
        &self.bytes
    }

    /// Whether what is owed is overdue.
    fn overdue(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let Some(owed) = self.owed else { return Ok(()) };
        let until = owed + self.hold.patience;
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        while alarm.as_mut().poll(cx).is_ready() {
            if Instant::now() >= until {
                return Err(io::ErrorKind::TimedOut.into());
            }
            alarm.as_mut().reset(until);
        }
        Ok(())
    }

    fn owes(&mut self) {
        self.owed.get_or_insert_with(Instant::now);
    }

    fn wrote(&mut self, polled: &Poll<io::Result<usize>>) {
        self.full = polled.is_pending();
        match polled {
            Poll::Pending => self.owes(),
            Poll::Ready(_) => {
                (self.owed, self.ahead) = (None, 0);
                self.pace.asked.set(false);
                self.pace.go_on();
            }
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Held<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.overdue(cx)?;
        if this.pace.cut.get() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        this.pace.had_turn.set(false);
        let free = this.pace.free.get();
        if this.full || !free && this.pace.asked.get() && this.ahead >= AHEAD {
            this.pace.waits.replace(Some(cx.waker().clone()));
            return Poll::Pending;
        }
        if !free && this.turn >= TURN {
            this.turn = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let bytes = Pin::new(&mut this.bytes);
        let read = if free {
            let before = buf.filled().len();
            bytes.poll_read(cx, buf).map_ok(|()| buf.filled().len() - before)
        } else {
            let most = (TURN - this.turn).min(buf.remaining());
            FEW.with_borrow_mut(|few| {
                let mut few = ReadBuf::new(&mut few[..most]);
                bytes.poll_read(cx, &mut few).map_ok(|()| {
                    buf.put_slice(few.filled());
                    few.filled().len()
                })
            })
        };
        match read {
            Poll::Pending => {
                this.turn = 0;
                return Poll::Pending;
            }
            Poll::Ready(Ok(read)) if read > 0 => {
                if !free {
                    (this.ahead, this.turn) = (this.ahead + read, this.turn + read);
                }
                this.owes();
            }
            Poll::Ready(_) => {}
        }
        read.map_ok(drop)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Held<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.bytes).poll_write(cx, buf);
        this.wrote(&polled);
        this.overdue(cx)?;
        polled
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.bytes).poll_write_vectored(cx, bufs);
        this.wrote(&polled);
        this.overdue(cx)?;
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.bytes.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.overdue(cx)?;
        Pin::new(&mut this.bytes).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().bytes).poll_shutdown(cx)
    }
}
