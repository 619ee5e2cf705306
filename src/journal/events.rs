//! Live events: one task reads what is new in the journal and tells every open stream.
//!
//! A stream that cannot keep up, or comes back, reads the journal by itself from where it stood, in
//! chunks, each read closed before its events are sent; so a slow client holds no snapshot and costs
//! no memory. The journal's numbers have no gaps, which is how a stream knows it missed something.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{Bytes, BytesMut, Data};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, broadcast, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::model::Kind;
use super::{ops, sql};
use crate::error::{Error, Fault, Refusal, Result};
use crate::kernel::permission::Role;
use crate::store::Store;
use crate::web::House;
use crate::web::guard::{self, Actor, Comes, TokenHash};
use crate::web::seats::{Seat, Seats};

/// Streams open at a time, and of those of one terminal; one more is refused.
pub const STREAMS_MAX: usize = 256;
pub const STREAMS_EACH_MAX: usize = 16;
/// Proxies and phones give up on a silent line after 15 s and more.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// Records read at a time.
const CHUNK: u32 = 500;
/// Chunks a stream may fall behind before it reads by itself.
const CHUNKS_KEPT: usize = 64;
/// What [`Hub::lag`] says at most.
pub const LAG_MAX: usize = CHUNKS_KEPT;
/// Whoever missed more than these is better served by reading everything anew.
const MISSED_MAX: i64 = 100_000;
/// When a read was refused because every reader was busy.
const READ_AGAIN: Duration = Duration::from_millis(500);
/// What a client waits before it comes back, in the stream's own words.
const GREETING: &[u8] = b"retry: 2000\n\n";
const BEAT: &[u8] = b":\n\n";

const _: () = assert!(Kind::ALL.len() <= 128, "a set of kinds is 128 bits");

/// A set of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds(u128);

impl Kinds {
    pub const NONE: Kinds = Kinds(0);
    pub const ALL: Kinds = Kinds(u128::MAX);

    #[must_use]
    pub fn with(self, kind: Kind) -> Self {
        Self(self.0 | 1 << kind as u8)
    }

    pub fn has(self, kind: Kind) -> bool {
        self.0 & 1 << kind as u8 != 0
    }

    /// Those of them that a role may know.
    #[must_use]
    pub fn known_to(self, role: Option<Role>) -> Self {
        let known = |kind: &&Kind| self.has(**kind) && role.is_some_and(|role| role.may(kind.permission()));
        Kind::ALL.iter().filter(known).fold(Self::NONE, |kinds, kind| kinds.with(*kind))
    }
}

/// A record as every stream sends it.
pub(super) struct Told {
    seq: i64,
    /// `None` where a later program wrote it.
    kind: Option<Kind>,
    frame: Bytes,
}

#[derive(Serialize)]
struct EventView<'a> {
    seq: i64,
    kind: &'a str,
    subject: i64,
    version: i64,
}

#[derive(Serialize)]
struct ResetView {
    seq: i64,
}

impl Told {
    pub(super) fn of(e: &sql::Event) -> Result<Self> {
        let view = EventView { seq: e.seq, kind: &e.kind, subject: e.subject, version: e.version };
        Ok(Self { seq: e.seq, kind: Kind::parse(&e.kind), frame: frame(None, e.seq, &view)? })
    }
}

fn frame(event: Option<&str>, id: i64, data: &impl Serialize) -> Result<Bytes> {
    let data = serde_json::to_string(data).map_err(|e| Fault::from_source("an event does not serialise", e))?;
    let event = event.map(|name| format!("event: {name}\n")).unwrap_or_default();
    Ok(format!("{event}id: {id}\ndata: {data}\n\n").into())
}

/// Where the journal's news are told. Clones share it.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    /// There may be something new.
    bell: Notify,
    /// New records without a gap; an empty chunk means: look for yourself.
    news: broadcast::Sender<Arc<[Told]>>,
    stopped: watch::Sender<bool>,
    seats: Seats,
    heartbeat: Duration,
}

impl Default for Hub {
    fn default() -> Self {
        Self::new()
    }
}

impl Hub {
    pub fn new() -> Self {
        Self::beating_every(HEARTBEAT)
    }

    pub(super) fn beating_every(heartbeat: Duration) -> Self {
        Self(Arc::new(Inner {
            bell: Notify::new(),
            news: broadcast::Sender::new(CHUNKS_KEPT),
            stopped: watch::Sender::new(false),
            seats: Seats::new("event streams", STREAMS_MAX, STREAMS_EACH_MAX),
            heartbeat,
        }))
    }

    /// There may be something new in the journal. Never waits; any thread may call it.
    pub fn wake(&self) {
        self.0.bell.notify_one();
    }

    /// Starts the task that reads what is new. Needs a tokio runtime.
    pub fn start(&self, store: Store) {
        tokio::spawn(tail(Arc::clone(&self.0), store));
    }

    /// Ends every stream and the task, and takes no more.
    pub fn stop(&self) {
        self.0.stopped.send_replace(true);
    }

    /// Streams open now.
    pub fn streams(&self) -> usize {
        self.0.seats.taken()
    }

    /// Chunks of news that the slowest stream has not taken yet; [`LAG_MAX`] and it reads by itself.
    pub fn lag(&self) -> usize {
        self.0.news.len()
    }

    /// What is told from now on, or after record `after`: frames of Server-Sent Events.
    ///
    /// Refused as [`Seats::take`] says where too many streams are open, with [`Refusal::Stopping`] after
    /// [`Hub::stop`].
    pub async fn listen(
        &self,
        house: Data<House>,
        by: &Actor,
        token: TokenHash,
        wanted: Kinds,
        after: Option<i64>,
    ) -> Result<impl Stream<Item = Result<Bytes>> + use<>> {
        let stopped = self.0.stopped.subscribe();
        if *stopped.borrow() {
            return Err(Refusal::Stopping.into());
        }
        let seat = self.0.seats.take(by)?;
        // Before the journal is read, so that nothing falls between.
        let news = self.0.news.subscribe();
        let (first, last) = house.store.read(|db| Ok((ops::first_seq(db)?, ops::last_seq(db)?))).await?;
        let (last, reset) = start_at(after, first, last);
        let mut greeting = BytesMut::from(GREETING);
        if reset {
            greeting.extend_from_slice(&frame(Some("reset"), last, &ResetView { seq: last })?);
        }
        let every = self.0.heartbeat;
        let mut beat = tokio::time::interval_at(Instant::now() + every, every);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let place = Place { kinds: wanted.known_to(by.role), last, behind: true };
        let listener = Listener {
            house,
            token,
            wanted,
            place,
            greeting: Some(greeting.freeze()),
            news,
            beat,
            stopped,
            dismissed: false,
            _seat: seat,
        };
        // It may be the first, for whom the tailer has to begin.
        self.wake();
        Ok(unfold(listener, |mut listener| async move {
            let bytes = listener.next().await?;
            Some((Ok(bytes), listener))
        }))
    }
}

/// After which record a stream begins, and whether it has to be told that it missed something: where
/// records before `after` are gone or too many, or `after` is none of this journal's, as after a restore.
pub(super) fn start_at(after: Option<i64>, first: Option<i64>, last: i64) -> (i64, bool) {
    match after {
        None => (last, false),
        Some(after) if after > last || last - after > MISSED_MAX => (last, true),
        Some(after) if first.is_some_and(|first| after < first - 1) => (last, true),
        Some(after) => (after, false),
    }
}

/// Reads what is new and tells it, while anybody listens.
async fn tail(hub: Arc<Inner>, store: Store) {
    let mut stopped = hub.stopped.subscribe();
    // `None`: nobody listened for a while, and whoever does now reads for themselves up to here.
    let mut last = None;
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => return,
            () = hub.bell.notified() => {}
        }
        if hub.news.receiver_count() == 0 {
            last = None;
            continue;
        }
        if let Err(error) = tell(&hub, &store, &mut last).await {
            log::warn!("the event streams wait for the journal: {error}");
            tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => return,
                () = tokio::time::sleep(READ_AGAIN) => hub.bell.notify_one(),
            }
        }
    }
}

async fn tell(hub: &Inner, store: &Store, last: &mut Option<i64>) -> Result<()> {
    loop {
        let Some(after) = *last else {
            *last = Some(store.read(ops::last_seq).await?);
            // Without receivers there is nobody to miss it.
            let _ = hub.news.send(Arc::new([]));
            return Ok(());
        };
        let events = store.read(move |db| ops::events_after(db, after, CHUNK)).await?;
        let Some(newest) = events.last() else { return Ok(()) };
        *last = Some(newest.seq);
        let told = events.iter().map(Told::of).collect::<Result<_>>()?;
        let _ = hub.news.send(told);
        if events.len() < CHUNK as usize {
            return Ok(());
        }
    }
}

/// Where a stream stands.
pub(super) struct Place {
    /// What it wants to hear of and its role may know.
    pub kinds: Kinds,
    /// The last record it was told of, or that was none of its kinds.
    pub last: i64,
    /// There may be records after `last` that it will not be told: it has to read them.
    pub behind: bool,
}

impl Place {
    /// What of the news is new to it, and of its kinds.
    pub(super) fn take(&mut self, news: &[Told]) -> Option<Bytes> {
        let fresh = news.iter().position(|told| told.seq > self.last).map_or(&[][..], |at| &news[at..]);
        if news.is_empty() || fresh.first().is_some_and(|told| told.seq != self.last + 1) {
            self.behind = true;
            return None;
        }
        self.pass(fresh)
    }

    /// Goes on to the last of `told`, with those of its kinds.
    fn pass(&mut self, told: &[Told]) -> Option<Bytes> {
        self.last = told.last().map_or(self.last, |told| told.seq);
        let mut bytes = BytesMut::new();
        for told in told.iter().filter(|told| told.kind.is_some_and(|kind| self.kinds.has(kind))) {
            bytes.extend_from_slice(&told.frame);
        }
        (!bytes.is_empty()).then(|| bytes.freeze())
    }
}

/// One open stream.
struct Listener {
    house: Data<House>,
    token: TokenHash,
    wanted: Kinds,
    place: Place,
    greeting: Option<Bytes>,
    news: broadcast::Receiver<Arc<[Told]>>,
    beat: Interval,
    stopped: watch::Receiver<bool>,
    /// Whoever listened may no longer.
    dismissed: bool,
    _seat: Seat,
}

/// After which somebody may no longer be who they were.
fn dismisses(told: &Told) -> bool {
    matches!(told.kind, Some(Kind::DeviceRevoked | Kind::StaffChanged | Kind::SignedOut))
}

impl Listener {
    /// What to send next; `None` ends the stream.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(greeting) = self.greeting.take() {
            return Some(greeting);
        }
        loop {
            if self.dismissed || *self.stopped.borrow() {
                return None;
            }
            if self.place.behind {
                if let Some(bytes) = self.catch_up().await {
                    return Some(bytes);
                }
                continue;
            }
            tokio::select! {
                _ = self.stopped.changed() => return None,
                _ = self.beat.tick() => return self.still_welcome().await.then(|| Bytes::from_static(BEAT)),
                news = self.news.recv() => match news {
                    Ok(news) => {
                        self.heed(&news).await;
                        if self.dismissed {
                            return None;
                        }
                        if let Some(bytes) = self.place.take(&news) {
                            return Some(bytes);
                        }
                    }
                    Err(RecvError::Lagged(_)) => self.place.behind = true,
                    Err(RecvError::Closed) => return None,
                },
            }
        }
    }

    /// Reads one chunk of what it missed.
    async fn catch_up(&mut self) -> Option<Bytes> {
        let after = self.place.last;
        let read = self.house.store.read(move |db| {
            let events = ops::events_after(db, after, CHUNK)?;
            events.iter().map(Told::of).collect::<Result<Vec<_>>>()
        });
        match read.await {
            Ok(told) => {
                self.place.behind = told.len() == CHUNK as usize;
                self.heed(&told).await;
                if self.dismissed { None } else { self.place.pass(&told) }
            }
            Err(error) => {
                log::warn!("an event stream waits for the journal: {error}");
                tokio::select! {
                    _ = self.stopped.changed() => {}
                    () = tokio::time::sleep(READ_AGAIN) => {}
                }
                None
            }
        }
    }

    /// A terminal that is revoked and a session that is ended hear nothing of what came after it.
    async fn heed(&mut self, told: &[Told]) {
        if told.iter().any(dismisses) {
            self.dismissed = !self.still_welcome().await;
        }
    }

    /// Asks again who holds the token: a session may also have been idle for too long. Where that cannot be asked
    /// just now, the answer of before holds.
    async fn still_welcome(&mut self) -> bool {
        let now = self.house.clock.now();
        match guard::actor_of(self.token, Comes::Stream, self.house.auth.as_ref(), now).await {
            Ok(actor) => {
                self.place.kinds = self.wanted.known_to(actor.role);
                actor.role.is_some()
            }
            Err(Error::Refused(refused)) => refused.refusal != Refusal::TokenInvalid,
            Err(Error::Fault(fault)) => {
                log::warn!("an event stream's token could not be looked up: {fault}");
                true
            }
        }
    }
}
