//! The picture as a stream, for a page that stays open.

use std::time::Duration;

use actix_web::web::{Bytes, Data};
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior};

use super::view::StatsView;
use crate::error::{Error, Fault, Refusal, Result};
use crate::kernel::permission::Permission;
use crate::stats::Stats;
use crate::web::House;
use crate::web::guard::{self, Actor, Comes, TokenHash};
use crate::web::seats::{Seat, Seats};

const EVERY: Duration = Duration::from_secs(2);
/// Pages open at a time, and of those of one asker; one more is refused.
const STREAMS_MAX: usize = 32;
const STREAMS_EACH_MAX: usize = 8;
/// What a page waits before it comes back, in the stream's own words.
const GREETING: &[u8] = b"retry: 2000\n\n";
const BEAT: &[u8] = b":\n\n";

/// What the streams of one server share.
pub(in crate::stats) struct Live {
    stopped: watch::Sender<bool>,
    seats: Seats,
}

impl Default for Live {
    fn default() -> Self {
        let seats = Seats::new("pages of figures", STREAMS_MAX, STREAMS_EACH_MAX);
        Self { stopped: watch::Sender::new(false), seats }
    }
}

impl Live {
    /// Ends every stream, and takes no more.
    pub(in crate::stats) fn stop(&self) {
        self.stopped.send_replace(true);
    }

    /// Frames of the picture, one at once and one every two seconds.
    pub(super) fn listen(
        &self,
        stats: Stats,
        house: Data<House>,
        by: &Actor,
        token: TokenHash,
    ) -> Result<impl Stream<Item = Result<Bytes>> + use<>> {
        let stopped = self.stopped.subscribe();
        if *stopped.borrow() {
            return Err(Refusal::Stopping.into());
        }
        let seat = self.seats.take(by)?;
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let listener = Listener { stats, house, token, every, stopped, greeted: false, _seat: seat };
        Ok(unfold(listener, |mut listener| async move {
            let bytes = listener.next().await?;
            Some((Ok(bytes), listener))
        }))
    }
}

struct Listener {
    stats: Stats,
    house: Data<House>,
    token: TokenHash,
    every: Interval,
    stopped: watch::Receiver<bool>,
    greeted: bool,
    _seat: Seat,
}

impl Listener {
    /// What to send next; `None` ends the stream.
    async fn next(&mut self) -> Option<Bytes> {
        if !self.greeted {
            self.greeted = true;
            return Some(Bytes::from_static(GREETING));
        }
        if *self.stopped.borrow() {
            return None;
        }
        tokio::select! {
            _ = self.stopped.changed() => return None,
            _ = self.every.tick() => {}
        }
        if !self.still_welcome().await {
            return None;
        }
        match frame(&self.stats).await {
            Ok(frame) => Some(frame),
            Err(error) => {
                log::warn!("a page of figures waits: {error}");
                Some(Bytes::from_static(BEAT))
            }
        }
    }

    /// Asks again who holds the token, so that signing out ends the stream.
    async fn still_welcome(&self) -> bool {
        let now = self.house.clock.now();
        match guard::actor_of(self.token, Comes::Stream, self.house.auth.as_ref(), now).await {
            Ok(actor) => guard::require(&actor, Permission::SeeStats).is_ok(),
            Err(Error::Refused(refused)) => refused.refusal != Refusal::TokenInvalid,
            Err(Error::Fault(_)) => true,
        }
    }
}

async fn frame(stats: &Stats) -> Result<Bytes> {
    let picture = stats.shared_picture().await?;
    let mut frame = b"data: ".to_vec();
    serde_json::to_writer(&mut frame, &StatsView::of(&picture))
        .map_err(|e| Fault::from_source("the figures do not serialise", e))?;
    frame.extend_from_slice(b"\n\n");
    Ok(frame.into())
}
