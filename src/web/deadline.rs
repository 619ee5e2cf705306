//! How long a handler may take, counted from its first wait: what answers at once has no timer.
//!
//! Giving up drops the handler. A job that it queued and that has not begun is then skipped by the writer; one
//! that runs is finished and its answer kept under the request's key; a read goes on to its end on its own
//! thread, and a fill of the cache is a task of its own. So nothing is left half-done, but whether a write
//! happened is not known here, and its asker is told so.
//!
//! An answer is signed and measured by its request, which the router must have for itself until it has found
//! the handler. The handler's first argument hands it over by [`routed`], on the thread that polls it.

use std::cell::RefCell;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::Method;
use tokio::time::Sleep;

thread_local! {
    static ROUTED: RefCell<Option<HttpRequest>> = const { RefCell::new(None) };
}

/// Says which request it is that a handler was found for.
pub(super) fn routed(req: &HttpRequest) {
    ROUTED.set(Some(req.clone()));
}

/// A handler's time.
#[derive(Default)]
pub(super) struct Deadline(Option<(HttpRequest, Pin<Box<Sleep>>)>);

impl Deadline {
    /// After each poll of the handler, waiting or not: what [`routed`] handed over is taken from its place.
    pub(super) fn hand_over(&mut self, waits: bool, after: Duration) {
        let Some(req) = ROUTED.take() else { return };
        if waits && self.0.is_none() {
            self.0 = Some((req, Box::pin(tokio::time::sleep(after))));
        }
    }

    /// The request whose time is over.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<HttpRequest> {
        match &mut self.0 {
            Some((req, sleep)) => sleep.as_mut().poll(cx).map(|()| req.clone()),
            None => Poll::Pending,
        }
    }
}

/// What may have become of a request that was given up.
pub(super) fn told(req: &HttpRequest) -> &'static str {
    if [Method::GET, Method::HEAD].contains(req.method()) {
        return "Nothing was to be changed; ask again.";
    }
    if req.headers().contains_key("idempotency-key") {
        return "It may have happened all the same: send it again with the same key, which has one effect and gets \
                its answer.";
    }
    "It may have happened all the same: look before it is sent again."
}
