//! Answers that are the same for everyone who may have them, and are asked for again and again.
//!
//! While the cache has one and the caller is known, the shell gives it before any route is tried.
//! In every other case, and for every refusal, the request goes on to its handler, which says the
//! same [`Ready`]: who may, what is looked up and how it is answered stand once.

use std::marker::PhantomData;

use actix_web::HttpResponse;
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;

use super::House;
use super::guard::{self, Actor, Right};
use super::reply::{self, Wants};
use crate::cache::{Key, Namespace, Tag};
use crate::error::Result;

/// One such answer, at one address, for callers who have the right `R`.
pub struct Ready<R> {
    path: &'static str,
    namespace: Namespace,
    /// What it is made from; a commit that touches one of them lets it go.
    pub tags: &'static [Tag],
    right: PhantomData<fn() -> R>,
}

impl<R: Right> Ready<R> {
    /// All there is in the namespace. `path` is the one of its handler's `#[get(…)]`.
    pub const fn new(path: &'static str, namespace: Namespace, tags: &'static [Tag]) -> Self {
        Self { path, namespace, tags, right: PhantomData }
    }

    pub const fn key(&self) -> Key {
        Key::whole(self.namespace)
    }

    pub const fn lane(&self) -> Lane {
        Lane { path: self.path, key: self.key(), check: R::check }
    }
}

/// A [`Ready`] as the shell sees it.
#[derive(Debug)]
pub struct Lane {
    pub path: &'static str,
    key: Key,
    check: fn(&Actor) -> Result<()>,
}

impl Lane {
    /// Where the lane of a request stands, if it has one.
    pub(super) fn of(lanes: &'static [Lane], req: &ServiceRequest) -> Option<usize> {
        let plain = req.method() == Method::GET && req.query_string().is_empty();
        lanes.iter().position(|lane| plain && lane.path == req.path())
    }

    /// The answer, where it can be given at once.
    pub(super) fn answer(&self, req: &ServiceRequest, house: &House) -> Option<HttpResponse> {
        let hash = guard::token_of(req.headers())?;
        let by = guard::known_actor(&hash, house.auth.as_ref(), house.clock.as_ref())?;
        (self.check)(&by).ok()?;
        let body = house.cache.get(&self.key)?;
        // Last, so that it is asked once: where it says no, the handler asks again and tells.
        house.limits.device(req, &by).ok()?;
        reply::of_cache(&body, &Wants::of(req.headers())).ok()
    }
}
